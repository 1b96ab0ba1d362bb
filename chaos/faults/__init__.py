"""Everything that can be broken: one fault per file, named after its kind, with its inverse and its evidence.

fault.py   what a fault is, and how one is found by its kind; start here
aim.py     the notation of scenarios: verb, target, time
"""
