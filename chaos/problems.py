"""Problems of the harness itself, as opposed to problems of the system under test.

Whatever is raised from here says nothing about the system: a run that meets one is INCONCLUSIVE, never VIOLATED.
"""


class HarnessProblem(Exception):
    """The harness could not do what the experiment asked of it; the message says what, where, and how to mend it."""
