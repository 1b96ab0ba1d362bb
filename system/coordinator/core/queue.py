"""Who waits for a worker, oldest first, whether they came just now or were sent back by a failed attempt."""

from __future__ import annotations

import bisect
from collections import deque
from typing import Protocol

from system.coordinator.core.request import Request


def _arrival(request: Request) -> int:
    return request.sequence


class Passage(Protocol):
    """What takes requests from the queue. `Boarding` is one."""

    @property
    def full(self) -> bool: ...

    def board(self, request: Request) -> bool:
        """Take this one along, or leave it where it is."""
        ...


class Queue:
    """Ordered by arrival. The bounds on its length are kept at the door, not here: a request that was admitted once is
    never turned away by its own redirect. `bytes` is the size of what waits.
    """

    def __init__(self) -> None:
        self._waiting: deque[Request] = deque()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def oldest(self) -> Request | None:
        return self._waiting[0] if self._waiting else None

    def put(self, request: Request) -> None:
        """New requests go to the end; one that comes back goes where its age puts it, which is near the front."""
        self.bytes += request.size
        if not self._waiting or self._waiting[-1].sequence < request.sequence:
            self._waiting.append(request)
        else:
            bisect.insort(self._waiting, request, key=_arrival)

    def take(self, passage: Passage) -> None:
        """Remove what boards, oldest first, until the passage is full."""
        passed: list[Request] = []
        while self._waiting and not passage.full:
            request = self._waiting.popleft()
            if passage.board(request):
                self.bytes -= request.size
            else:
                passed.append(request)
        self._waiting.extendleft(reversed(passed))

    def remove(self, request: Request) -> None:
        """Raises ValueError when the request does not wait here."""
        self._waiting.remove(request)
        self.bytes -= request.size
