"""Runs that nobody wrote down: drawn at random within bounds, made small where they fail, kept as a file.

limits          how much may be broken at once, so that promises still hold
strategies      schedules and workloads for Hypothesis
exploration     looks for a case that breaks a promise, confirms it and makes it small
trial           what one case comes to; `in_laboratory` and `in_simulation` run it, with a directory each or in memory
margin          how far what fails is from holding
explorer        an exploration as a fixture; `parts` divides it into tests, `explored` adds up what they met
sometimes       what an exploration must have met at least once
regression      a failure that was made small, in a file
"""
