"""Runs laid over each other: answers over time, with zero where the first fault of each was injected."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from reports.record import Record

WIDTH_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class OverlayPoint:
    """Answers that arrived in the second from `at_s`, counted from the first fault; before it, times are negative."""

    at_s: float
    answers: int


def aligned(record: Record) -> tuple[OverlayPoint, ...]:
    """Every whole second of the run, silent ones with zero. A run without a fault starts at its beginning."""
    zero_s = min((window.injected_s for window in record.windows), default=0.0)
    first = math.ceil(-zero_s / WIDTH_S)
    last = math.floor((record.history.duration_s - zero_s) / WIDTH_S)
    counts = [0] * max(0, last - first)
    for arrived_s in record.moments.answered_s:
        number = math.floor((arrived_s - zero_s) / WIDTH_S) - first
        if 0 <= number < len(counts):
            counts[number] += 1
    return tuple(OverlayPoint((first + number) * WIDTH_S, count) for number, count in enumerate(counts))
