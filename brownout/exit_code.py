"""What the command's exit status says to a program that called it."""

from enum import IntEnum


class ExitCode(IntEnum):
    """0, 1 and 2 are also those of the three verdicts."""

    OK = 0
    FAILED = 1
    INCONCLUSIVE = 2
    COULD_NOT_RUN = 3
    INTERRUPTED = 130
