"""The books: submitted = completed + failed + pending, at every instant.

Every request passes through here exactly twice, once when it is admitted and once when it ends, however many attempts
lie between; nothing else changes these numbers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from system.coordinator.core.request import Completed, Request, State


class Entry(NamedTuple):
    """How one request ended. `timestamp` is seconds since the epoch; `error` is None exactly when it was answered."""

    timestamp: float
    request_id: str
    input: str
    output: str | None
    score: float | None
    worker: str | None
    error: str | None
    retries: int
    latency_ms: float

    @property
    def success(self) -> bool:
        return self.error is None


class Ledger:
    """`request_log_size` bounds how many ended requests are remembered."""

    def __init__(self, request_log_size: int) -> None:
        self.submitted = 0
        self.completed = 0
        self.failed = 0
        self.retried = 0
        self.hedged = 0
        self.refused = 0
        self._pending: dict[str, Request] = {}
        self._recent: deque[Entry] = deque(maxlen=request_log_size)

    @property
    def pending(self) -> Iterable[Request]:
        """Admitted and not ended, oldest first."""
        return self._pending.values()

    def __len__(self) -> int:
        return len(self._pending)

    def recent(self, limit: int) -> list[Entry]:
        """Ended requests, newest first."""
        newest = reversed(self._recent)
        return [entry for entry, _ in zip(newest, range(limit), strict=False)]

    def admit(self, request: Request) -> None:
        self.submitted += 1
        self._pending[request.id] = request

    def complete(self, request: Request, completed: Completed, now: float) -> Entry:
        self.completed += 1
        return self._end(request, now, completed=completed)

    def fail(self, request: Request, error: str, now: float) -> Entry:
        self.failed += 1
        return self._end(request, now, error=error)

    def _end(
        self, request: Request, now: float, *, completed: Completed | None = None, error: str | None = None
    ) -> Entry:
        del self._pending[request.id]
        request.state = State.DONE
        entry = Entry(
            timestamp=request.timestamp,
            request_id=request.id,
            input=request.shown,
            output=completed.answer.output if completed else None,
            score=completed.answer.score if completed else None,
            worker=completed.worker if completed else request.worker,
            error=error,
            retries=completed.retries if completed else request.retries,
            latency_ms=(now - request.accepted_at) * 1000,
        )
        self._recent.append(entry)
        return entry
