"""One thing that a machine has or lacks."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    FINE = "fine"
    MISSING = "missing"  # not there, and something cannot be done without it
    ABSENT = "absent"  # not there, and nothing that works today needs it


@dataclass(frozen=True, slots=True)
class Finding:
    """`mend` is a command, or an instruction where no one command will do; empty where nothing is wrong."""

    name: str
    state: State
    found: str
    mend: str = ""
