"""How long batches take: what is usual, and so what is not."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from typing import Final

# Batches that are remembered: enough for a quantile of 0.99 to mean something, few enough to forget within seconds.
REMEMBERED: Final = 128

# Batches of which the time per item is the median: one that took long for a reason of its own changes nothing.
RECENT: Final = 9


class Pace:
    """Of one worker, or of all of them together. Times in seconds, from when a worker could begin to its answer."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._batches: deque[float] = deque()
        self._ordered: list[float] = []  # the same: quantiles are asked for more often than batches come back
        self._items: deque[float] = deque(maxlen=RECENT)
        self.item_s: float | None = None
        """Seconds of a worker's time for one request in full batches, lately; None before the first answer."""

    def __len__(self) -> int:
        return len(self._batches)

    def observe(self, batch_s: float, size: int, most: int) -> None:
        """A batch of `size` came back, where `most` could have been in it.

        What a batch that was not half full took says little of full ones, which may cost the same. It counts as one of
        them: nobody is refused for a capacity that was never asked for.
        """
        self._batches.append(batch_s)
        insort(self._ordered, batch_s)
        if len(self._batches) > self._remembered:
            del self._ordered[bisect_left(self._ordered, self._batches.popleft())]
        self._items.append(batch_s / (size if size * 2 >= most else most))
        self.item_s = sorted(self._items)[len(self._items) // 2]

    def quantile(self, share: float) -> float | None:
        """The batch time that `share` of the remembered batches did not exceed; None before the first."""
        ordered = self._ordered
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None

    def forget(self) -> None:
        self._batches.clear()
        self._ordered.clear()
