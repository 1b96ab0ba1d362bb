"""The core's opinion of one worker, formed by traffic first and heartbeats second.

          first contact
STARTING ───────────────▶ UP ◀──────── a batch was answered ───────┐
                          │ │                                      │
             no heartbeat │ │ an attempt failed                    │
                          ▼ ▼                                      │
                  SUSPECTED DOWN ── heartbeat, after a pause ──▶ TRIAL (one batch)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from system.coordinator.core.flight import Flight
from system.coordinator.core.worker import Worker

# How long a worker that failed is left alone before its trial batch, doubled for each failure in a row. The first pause
# is about one reconnect; the longest bounds what a worker that fails fast can cost: one batch per second.
FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 1.0


class MemberState(StrEnum):
    STARTING = "starting"
    UP = "up"
    SUSPECTED = "suspected"
    DOWN = "down"
    TRIAL = "trial"


@dataclass(slots=True, eq=False)
class Member:
    """`last_seen` is in seconds since the epoch, for people; `retry_at` is loop time."""

    id: str
    worker: Worker
    on_change: Callable[[Member, MemberState, str], None]
    state: MemberState = MemberState.STARTING
    last_seen: float | None = None
    tasks_processed: int = 0
    failures: int = 0
    retry_at: float = 0.0
    flights: list[Flight] = field(default_factory=list)

    @property
    def alive(self) -> bool:
        return self.state in (MemberState.UP, MemberState.TRIAL)

    @property
    def carried(self) -> list[Flight]:
        """The batches it is expected to answer: the one it computes, then the one it holds."""
        return [flight for flight in self.flights if not flight.given_up]

    @property
    def idle(self) -> bool:
        return self.alive and not self.carried

    @property
    def may_hold(self) -> bool:
        """Whether one next batch may wait at this worker behind the one it computes."""
        return self.state is MemberState.UP and len(self.carried) == 1

    def answered(self) -> None:
        """It computed a batch."""
        self.failures = 0
        if self.state is MemberState.TRIAL:
            self._move(MemberState.UP, "its trial batch was answered")

    def heard(self, now: float) -> None:
        """It answered a health check."""
        if self.state is MemberState.STARTING:
            self._move(MemberState.UP, "first contact")
        elif self.state is MemberState.SUSPECTED:
            self._move(MemberState.TRIAL, "heard again")
        elif self.state is MemberState.DOWN and now >= self.retry_at:
            self._move(MemberState.TRIAL, "healthy again")

    def silent(self, reason: str) -> None:
        """It did not answer a health check in time; it may be slow, paused, or out of reach."""
        if self.alive:
            self._move(MemberState.SUSPECTED, reason)

    def failed(self, now: float, reason: str) -> None:
        """A batch failed on it, or it is certainly not there."""
        if self.state is MemberState.STARTING:
            return  # nothing was ever expected of it
        if self.state is not MemberState.DOWN:
            pause = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(self.failures, 10))
            self.failures += 1
            self.retry_at = now + pause
            self._move(MemberState.DOWN, reason)

    def _move(self, state: MemberState, reason: str) -> None:
        before, self.state = self.state, state
        self.on_change(self, before, reason)
