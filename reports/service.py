"""Service as it was before a fault: of all that is due in one second enough is answered, and soon enough.

What `recovers_within` promises and what a page says of each fault is this, measured in one place.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WINDOW_S: Final = 1.0  # of arrivals, over which service is judged
SLACK_S: Final = 1e-9  # times are sums of floats
SHARE: Final = 0.95  # of the arrivals, which are to be served well
SLOWDOWN: Final = 3.0  # times the steady p99 is still well
FLOOR_MS: Final = 250.0  # a p99 of a few milliseconds, tripled, is still the noise of a busy machine


def bound_ms(steady_p99_ms: float, slowdown: float = SLOWDOWN, floor_ms: float = FLOOR_MS) -> float:
    """How slow an answer may be and still count as served well."""
    return max(slowdown * steady_p99_ms, floor_ms)


class Arrivals:
    """Requests by when they were due, and how many of them up to each were served well.

    Of each request: when it was due, whether it was answered ok, and how long after it was due (NaN where no answer
    came).
    """

    def __init__(
        self,
        due_s: NDArray[np.float64],
        ok: NDArray[np.bool_],
        latencies_ms: NDArray[np.float64],
        bound_ms: float,
        share: float = SHARE,
    ) -> None:
        order = due_s.argsort(kind="stable")
        served_well = ok & (latencies_ms <= bound_ms)
        self.due_s: list[float] = due_s[order].tolist()
        self._well: list[int] = [0, *served_well[order].cumsum().tolist()]
        self._share = share

    def _good_from(self, first: int) -> bool:
        """Whether the second of arrivals that begins with request `first` was good."""
        end = bisect_left(self.due_s, self.due_s[first] + WINDOW_S)
        return self._well[end] - self._well[first] >= self._share * (end - first)

    def good_after_s(self, healed_s: float, until_s: float) -> tuple[float, float | None]:
        """Seconds from `healed_s` to the last second of arrivals that was not good, and to the first that is, of those
        that end before `until_s`; 0 where none was bad before, None where none is good.
        """
        still_bad_s = 0.0
        limit_s = min(until_s, self.due_s[-1]) + SLACK_S if self.due_s else healed_s
        for first in range(bisect_left(self.due_s, healed_s), len(self.due_s)):
            if self.due_s[first] + WINDOW_S > limit_s:
                break
            after_s = self.due_s[first] - healed_s
            if self._good_from(first):
                return still_bad_s, after_s
            still_bad_s = after_s
        return still_bad_s, None
