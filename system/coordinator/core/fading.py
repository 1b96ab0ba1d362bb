"""Counting what happened lately without remembering when."""

from __future__ import annotations

import math


class FadingCount:
    """Each event counts one at first and less and less afterwards: about as many as came in the last `memory_s`."""

    def __init__(self, memory_s: float) -> None:
        self._memory_s = memory_s
        self.value = 0.0
        """As of the last event."""
        self.last_at = 0.0
        """When that was, in loop time."""

    def add(self, now: float) -> None:
        self.value = 1 + self.value * math.exp((self.last_at - now) / self._memory_s)
        self.last_at = now
