"""How the quantiles of a stretch of time are drawn, and what is said of them: alike wherever there are any.

Of fewer than a hundred answers the p99 is the slowest of them, and is drawn as something that one request decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from reports.series import QuantileBucket

FIRM: Final = 100  # answers, from which on a p99 is not simply the slowest of them
QUANTILES: Final = "latency: median (thick), p99 (thin), or the slowest of fewer than 100 (dotted)"


@dataclass(frozen=True, slots=True)
class LevelLine:
    """One kind of level, as lines that thick and broken that way."""

    name: Literal["p50", "p99", "slowest"]
    thick_px: float
    dash: tuple[int, int]

    def of(self, bucket: QuantileBucket) -> float | None:
        """Its height in ms in that stretch of time; None where it is not to be drawn."""
        match self.name:
            case "p50":
                return bucket.p50_ms
            case "p99":
                return bucket.p99_ms if bucket.points >= FIRM else None
            case "slowest":
                return bucket.p99_ms if bucket.points < FIRM else None


LEVEL_LINES: Final = (
    LevelLine("p50", 2.6, (1, 0)),
    LevelLine("p99", 1.5, (1, 0)),
    LevelLine("slowest", 1.3, (2, 4)),
)
