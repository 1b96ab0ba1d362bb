"""Invariants against histories written by hand (`golden`), whole findings at a time, and against generated ones."""
