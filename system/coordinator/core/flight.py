"""One batch on its way to one worker and back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from system.coordinator.core.request import Attempt, Request, State


class Release(StrEnum):
    """Why a batch was sent when it was."""

    IDLE = "idle"  # a worker had nothing to do
    FULL = "full"  # BATCH_SIZE requests were there
    AGED = "aged"  # the oldest had waited BATCH_TIMEOUT
    ALONE = "alone"  # a text that is suspected of killing workers travels alone
    HEDGE = "hedge"  # the first worker takes longer than usual


@dataclass(slots=True, eq=False)
class Flight:
    """`attempts[i]` is the attempt that `requests[i]` makes with this flight.

    `began_at` is when its worker could begin with it, in loop time; `alarms` run from then on. A batch held behind
    another one has not had its turn.
    `given_up` once its requests were sent back; the call may still be open, for a late answer is an answer.
    `departed` once its task runs: one that is cancelled before would not even clean up after itself.
    """

    worker: str
    requests: list[Request]
    attempts: list[Attempt]
    released: Release
    task: asyncio.Task[None] | None = None
    began_at: float | None = None
    alarms: list[asyncio.TimerHandle] = field(default_factory=list)
    given_up: bool = False
    departed: bool = False

    @classmethod
    def begin(cls, worker: str, requests: list[Request], released: Release, now: float) -> Self:
        """A batch that leaves at `now`: each of its requests makes one more attempt."""
        hedge = released is Release.HEDGE
        size = len(requests)
        attempts = [Attempt(worker, now, request.traceparent, hedge, size) for request in requests]
        for request, attempt in zip(requests, attempts, strict=True):
            request.attempts.append(attempt)
            request.state = State.PROCESSING
        return cls(worker, requests, attempts, released)

    @property
    def wanted(self) -> bool:
        """Whether anybody waits for any of it."""
        return any(request.state is not State.DONE for request in self.requests)

    def cancel(self) -> None:
        """Nobody waits for it. If it has not departed, it sees that by itself."""
        if self.task is not None and self.departed:
            self.task.cancel()

    def silence(self) -> None:
        for alarm in self.alarms:
            alarm.cancel()
        self.alarms.clear()
