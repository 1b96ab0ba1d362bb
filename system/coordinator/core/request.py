"""One client's input on its way through the coordinator."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum

from system.coordinator.core.worker import Answer, Cause


class State(StrEnum):
    QUEUED = "queued"
    PROCESSING = "processing"
    DONE = "done"


@dataclass(slots=True, eq=False)
class Attempt:
    """One dispatch of one request to one worker, in loop time.

    `ended_at` is None while it is open; then `cause` tells why it gave no answer, and is None if it did. `hedge` if it
    ran beside an earlier one instead of after it.
    """

    worker: str
    started_at: float
    hedge: bool = False
    ended_at: float | None = None
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Completed:
    """An answer with the worker it came from. `retries` counts the attempts before the one that was meant to answer."""

    request_id: str
    answer: Answer
    worker: str
    retries: int


@dataclass(slots=True, eq=False)
class Request:
    """`accepted_at` and `deadline` are loop time in seconds; `timestamp` is seconds since the epoch, for people."""

    id: str
    text: str
    sequence: int
    accepted_at: float
    deadline: float
    timestamp: float
    answered: asyncio.Future[Completed]
    traceparent: str | None = None
    state: State = State.QUEUED
    attempts: list[Attempt] = field(default_factory=list)
    refusals: int = 0

    @property
    def retries(self) -> int:
        return max(0, len(self.attempts) - 1)

    @property
    def worker(self) -> str | None:
        """Who has it now; of a finished request, who had it last."""
        return self.attempts[-1].worker if self.attempts and self.state is not State.QUEUED else None

    def failed_on(self, worker: str) -> bool:
        return any(attempt.worker == worker and attempt.cause is not None for attempt in self.attempts)
