"""One client's input on its way through the coordinator."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from system.coordinator.core.worker import Answer, Cause


class State(StrEnum):
    QUEUED = "queued"
    PROCESSING = "processing"
    DONE = "done"


@dataclass(slots=True, eq=False)
class Attempt:
    """One dispatch of one request to one worker, in loop time, in a batch of `size`.

    `ended_at` is None while it is open; then `cause` tells why it gave no answer, and is None if it did. `hedge` if it
    ran beside an earlier one instead of after it. `traceparent` is what its worker is told, W3C's.
    """

    worker: str
    started_at: float
    traceparent: str | None = None
    hedge: bool = False
    size: int = 1
    ended_at: float | None = None
    cause: Cause | None = None


class Completed(NamedTuple):
    """An answer with the worker it came from. `retries` counts the attempts before the one that was meant to answer."""

    request_id: str
    answer: Answer
    worker: str
    retries: int


@dataclass(slots=True, eq=False)
class Request:
    """`accepted_at` and `deadline` are loop time in seconds; `timestamp` is seconds since the epoch, for people.

    `shown` is what may be read of the text, `size` its bytes. `costly` counts the attempts that failed and may have
    been executed; `owes_retry` while the next one is to be paid from the retry budget; `alone` if it must not share a
    batch any more; `refusals` counts the workers that computed its batch mates but not it.
    """

    id: str
    text: str
    shown: str
    size: int
    sequence: int
    accepted_at: float
    deadline: float
    timestamp: float
    answered: asyncio.Future[Completed]
    traceparent: str | None = None
    state: State = State.QUEUED
    attempts: list[Attempt] = field(default_factory=list)
    costly: int = 0
    owes_retry: bool = False
    alone: bool = False
    refusals: int = 0

    @property
    def retries(self) -> int:
        """Attempts after the first. A hedge is none: nothing had failed."""
        return max(0, sum(not attempt.hedge for attempt in self.attempts) - 1)

    @property
    def in_hands(self) -> bool:
        """Whether an attempt is open that may still be expected to answer."""
        return any(attempt.ended_at is None for attempt in self.attempts)

    @property
    def worker(self) -> str | None:
        """Who has it now; of a finished request, who had it last."""
        return self.attempts[-1].worker if self.attempts and self.state is not State.QUEUED else None

    def failed_on(self, worker: str) -> bool:
        return any(attempt.worker == worker and attempt.cause is not None for attempt in self.attempts)
