"""When each request of a run was due, sent and answered, as arrays: half a million of them are sorted and compared in
the time that looking at each would take to begin.

    moments.due_s, moments.invoked_s, moments.completed_s, moments.ok    by the place of the request

numpy takes a tenth of a second to import, which whoever collects tests need not wait for.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from reports.history import OpType, Request

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Moments:
    """Of those requests, in their order. Times are seconds since the run began; what is taken from them are floats and
    lists of floats, for figures end up in JSON.
    """

    def __init__(self, requests: Sequence[Request]) -> None:
        self._requests = requests

    @cached_property
    def due_s(self) -> NDArray[np.float64]:
        return _array([each.due_s for each in self._requests])

    @cached_property
    def invoked_s(self) -> NDArray[np.float64]:
        return _array([each.invoked_s for each in self._requests])

    @cached_property
    def completed_s(self) -> NDArray[np.float64]:
        """NaN where no answer came."""
        return _array([each.completed_s for each in self._requests])

    @cached_property
    def ok(self) -> NDArray[np.bool_]:
        """Whether it was answered, and ok."""
        import numpy as np  # noqa: PLC0415 - see above

        return np.array([each.outcome is OpType.OK for each in self._requests], bool) & ~np.isnan(self.completed_s)

    @cached_property
    def scheduled(self) -> NDArray[np.bool_]:
        """Whether the workload fixed beforehand when it was due."""
        import numpy as np  # noqa: PLC0415 - see above

        return np.array(["due_s" in each.value for each in self._requests], bool)

    @cached_property
    def latencies_ms(self) -> NDArray[np.float64]:
        """From when each was due; NaN where no answer came."""
        return (self.completed_s - self.due_s) * 1000

    @cached_property
    def answered_s(self) -> list[float]:
        """When each ok answer came, earliest first."""
        return ascending(self.completed_s[self.ok])

    @cached_property
    def began_s(self) -> float:
        """When the first was sent; 0 of no requests."""
        import numpy as np  # noqa: PLC0415 - see above

        return float(np.min(self.invoked_s)) if len(self._requests) else 0.0

    @cached_property
    def ended_s(self) -> float:
        """When the last was answered or, where no answer came, sent; 0 of no requests."""
        import numpy as np  # noqa: PLC0415 - see above

        last = np.where(np.isnan(self.completed_s), self.invoked_s, self.completed_s)
        return float(np.max(last)) if len(self._requests) else 0.0

    @cached_property
    def span_s(self) -> tuple[float, float]:
        """When the first was due, and the last. Raises ValueError of no requests."""
        import numpy as np  # noqa: PLC0415 - see above

        return float(np.min(self.due_s)), float(np.max(self.due_s))


def ascending(values: NDArray[np.float64]) -> list[float]:
    """As Python's own floats, smallest first."""
    import numpy as np  # noqa: PLC0415 - see above

    found: list[float] = np.sort(values).tolist()
    return found


def _array(values: Sequence[float | None]) -> NDArray[np.float64]:
    import numpy as np  # noqa: PLC0415 - see above

    return np.array(values, np.float64)
