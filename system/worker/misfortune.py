"""The faults that a worker inflicts on itself, for people who want to see the system survive them."""

import os
from dataclasses import dataclass
from random import Random
from typing import Final, NoReturn

from system.worker.mishaps import FailRpc, MishapFile

# EX_SOFTWARE; unlike the codes of Python (1), of wrong settings (2) and of signals, so that a log tells them apart.
CRASH_EXIT_CODE: Final = 70
CRASH_ON: Final = "crash_on"  # of MISHAPS_FILE, not of the environment


@dataclass(frozen=True, slots=True)
class Mishap:
    """What befalls one batch."""

    delay_s: float = 0.0
    crash_after: int | None = None
    """How many items are dealt with before the process dies; None: it survives."""


class Misfortune:
    """Draws one mishap a batch, knows the text that is poison, if there is one, and what a file adds to all that."""

    def __init__(
        self,
        *,
        crash_rate: float,
        max_delay_s: float,
        rng: Random,
        crash_on: str | None = None,
        file: MishapFile | None = None,
    ) -> None:
        self._crash_rate = crash_rate
        self._max_delay_s = max_delay_s
        self._rng = rng
        self._crash_on = crash_on
        self._file = file

    @property
    def slowness_s(self) -> float:
        """What each batch takes longer at present, an empty one too."""
        slow = self._file and self._file.current.slow_model
        return slow.ms / 1000 if slow else 0.0

    def killed_by(self, text: str) -> str | None:
        """What has the process die of computing `text`, whatever company it comes in; None: it lives."""
        if self._crash_on is not None and self._crash_on in text:
            return "CRASH_ON"
        poison = self._file and self._file.current.crash_on
        return CRASH_ON if poison and poison.text in text else None

    def failure_of_this_call(self) -> FailRpc | None:
        """To be asked once for each call for work; None: it may succeed."""
        return None if self._file is None else self._file.failure_of_this_call()

    def strike(self, kind: str) -> None:
        """Say that what the file says has struck."""
        if self._file is not None:
            self._file.struck(kind)

    def draw(self, size: int) -> Mishap:
        """Mishap of a batch of `size` ≥ 1 items.

        Always takes the same number of draws, so that with one seed a changed CRASH_RATE leaves the delays alone.
        """
        delay_s = self._rng.random() * self._max_delay_s
        crashes = self._rng.random() < self._crash_rate
        # In the middle: at least one item is computed and none is answered.
        after = 1 + int(self._rng.random() * size)
        return Mishap(delay_s, after if crashes else None)


def crash() -> NoReturn:
    """End the process as a segmentation fault would: no clean-up, no answer, nothing drained."""
    os._exit(CRASH_EXIT_CODE)
