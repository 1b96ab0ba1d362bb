"""Run directories that real runs left, small ones, for everything that reads such directories.

made      makes them again: python -m tests.runs.made FOLDER [KIND ...]
kept      where they are, and what each shows

They are not made anew when the format moves on: what runs left behind has to stay readable.
"""
