"""Who waits for a worker, oldest first, whether they came just now or were sent back by a failed attempt."""

from __future__ import annotations

import bisect
from collections import deque
from collections.abc import Callable

from system.coordinator.core.request import Request


def _arrival(request: Request) -> int:
    return request.sequence


class Queue:
    """Ordered by arrival. The bound on its length is kept at the door (`Dispatcher.infer`), not here: a request that
    was admitted once is never turned away by its own redirect.
    """

    def __init__(self) -> None:
        self._waiting: deque[Request] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def oldest(self) -> Request | None:
        return self._waiting[0] if self._waiting else None

    def put(self, request: Request) -> None:
        """New requests go to the end; one that comes back goes where its age puts it, which is near the front."""
        if not self._waiting or self._waiting[-1].sequence < request.sequence:
            self._waiting.append(request)
        else:
            bisect.insort(self._waiting, request, key=_arrival)

    def take(self, limit: int, wanted: Callable[[Request], bool]) -> list[Request]:
        """Remove and return the oldest requests that are wanted, at most `limit`."""
        taken: list[Request] = []
        passed: list[Request] = []
        while self._waiting and len(taken) < limit:
            request = self._waiting.popleft()
            (taken if wanted(request) else passed).append(request)
        self._waiting.extendleft(reversed(passed))
        return taken

    def remove(self, request: Request) -> None:
        """Raises ValueError when the request does not wait here."""
        self._waiting.remove(request)
