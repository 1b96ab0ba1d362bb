"""The faults that a worker inflicts on itself, for people who want to see the system survive them."""

import os
from dataclasses import dataclass
from random import Random
from typing import Final, NoReturn

# EX_SOFTWARE; unlike the codes of Python (1), of wrong settings (2) and of signals, so that a log tells them apart.
CRASH_EXIT_CODE: Final = 70


@dataclass(frozen=True, slots=True)
class Mishap:
    """What befalls one batch."""

    delay_s: float = 0.0
    crash_after: int | None = None
    """How many items are dealt with before the process dies; None: it survives."""


class Misfortune:
    """Draws one mishap a batch, and knows the text that is poison, if there is one."""

    def __init__(self, *, crash_rate: float, max_delay_s: float, rng: Random, crash_on: str | None = None) -> None:
        self._crash_rate = crash_rate
        self._max_delay_s = max_delay_s
        self._rng = rng
        self._crash_on = crash_on

    def kills(self, text: str) -> bool:
        """Whether the process dies of computing `text`, whatever company it comes in."""
        return self._crash_on is not None and self._crash_on in text

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
