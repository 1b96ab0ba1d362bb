"""The core's opinion of one worker, formed by traffic first and heartbeats second.

          first contact
STARTING ───────────────▶ UP ◀──────── a batch was answered ─────────────────────┐
                          │ │ │                                                  │
             no heartbeat │ │ │ an attempt failed                                │
                          ▼ │ ▼                                                  │
                  SUSPECTED │ DOWN ── heartbeat, after a pause ──▶ TRIAL (one batch)
                            │                                       ▲
    its batches go badly    ▼                                       │
                         EJECTED ────── heartbeat, after a time ────┘

LEAVING, from any of them: it is not a member any more once the batches it carries have come back.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from system.coordinator.core.flight import Flight, Release
from system.coordinator.core.pace import Pace
from system.coordinator.core.worker import Health, Worker

# How long a worker that failed is left alone before its trial batch, doubled for each failure in a row. The first pause
# is about one reconnect; the longest bounds what a worker that fails fast can cost: one batch per second.
FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 1.0

# One refused batch may be the batch's fault; as many in a row are the worker's.
REFUSALS_IN_A_ROW: Final = 2

# Batches whose outcomes are an opinion; older ones say nothing of today.
OUTCOMES: Final = 20

# An ejection this long after the last one ended is a first one again, in times of EJECT_TIME.
FORGIVEN_AFTER: Final = 10.0


class MemberState(StrEnum):
    STARTING = "starting"
    UP = "up"
    SUSPECTED = "suspected"
    DOWN = "down"
    EJECTED = "ejected"
    TRIAL = "trial"
    LEAVING = "leaving"


@dataclass(slots=True, eq=False)
class Member:
    """`last_seen` is in seconds since the epoch, for people; every other time is loop time.

    `instance` and `crash_rate` are what it said of itself (see `Health`); `life` counts its processes, `told_life` as
    far as the listener knows. `gone_at` is when its address last refused a connection. Setting `look` has its health
    checked now.
    """

    id: str
    worker: Worker
    on_change: Callable[[Member, MemberState, str], None]
    state: MemberState = MemberState.STARTING
    last_seen: float | None = None
    tasks_processed: int = 0
    failures: int = 0
    refusals: int = 0
    ejections: int = 0
    retry_at: float = 0.0
    instance: str | None = None
    crash_rate: float = 0.0
    life: int = 0
    told_life: int = 0
    heard_at: float = float("-inf")
    gone_at: float = float("-inf")
    look: asyncio.Event = field(default_factory=asyncio.Event)
    flights: list[Flight] = field(default_factory=list)
    outcomes: deque[bool] = field(default_factory=lambda: deque(maxlen=OUTCOMES))
    pace: Pace = field(default_factory=lambda: Pace(OUTCOMES))

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
        if self.state is not MemberState.UP:
            return False
        carried = self.carried
        return len(carried) == 1 and carried[0].released is not Release.ALONE

    def answered(self) -> None:
        """It computed a batch."""
        self.outcomes.append(True)
        self.failures = 0
        self.refusals = 0
        if self.state is MemberState.TRIAL:
            self._move(MemberState.UP, "its trial batch was answered")

    def heard(self, now: float, health: Health, needed: bool) -> None:
        """It answered a health check. `needed` if no other worker can serve."""
        instance = health.instance
        self.crash_rate = health.crash_rate
        if instance is not None and instance != self.instance:
            if self.instance is not None:
                self._replaced(now)
            self.instance = instance
        elif instance is None and self.gone_at > self.heard_at:
            self._replaced(now)  # it does not say who it is, but nobody had been there
        self.heard_at = now
        who = "" if self.life == self.told_life else ", as another process"
        if self.state is MemberState.STARTING:
            self._move(MemberState.UP, "first contact")
        elif self.state is MemberState.SUSPECTED:
            self._move(MemberState.TRIAL, "heard again" + who)
        elif self.state is MemberState.DOWN and now >= self.retry_at:
            self._move(MemberState.TRIAL, "healthy again" + who)
        elif self.state is MemberState.EJECTED and (needed or now >= self.retry_at):
            self._move(MemberState.TRIAL, ("nobody else serves" if now < self.retry_at else "its time is over") + who)
        elif who and self.alive:
            self._move(self.state, "it is another process now")

    def silent(self, reason: str) -> None:
        """It did not answer a health check in time; it may be slow, paused, or out of reach."""
        if self.alive:  # one that is ejected has its time to serve, silent or not
            self._move(MemberState.SUSPECTED, reason)

    def failed(self, now: float, reason: str) -> None:
        """A batch failed on it, or it is certainly not there."""
        if self.state in (MemberState.STARTING, MemberState.LEAVING):
            return  # nothing was expected of it yet, or is any more
        if self.state is not MemberState.DOWN:
            pause = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(self.failures, 10))
            self.failures += 1
            self.retry_at = now + pause
            self._move(MemberState.DOWN, reason)

    def refused(self, now: float, reason: str) -> None:
        """It answered a whole batch with an error."""
        self.refusals += 1
        if self.refusals >= REFUSALS_IN_A_ROW or self.state is MemberState.TRIAL:
            self.failed(now, reason)

    def eject(self, now: float, time_s: float, reason: str) -> None:
        """Real traffic goes badly there. Longer each time in a row."""
        if now > self.retry_at + FORGIVEN_AFTER * time_s:
            self.ejections = 0
        self.ejections += 1
        self.retry_at = now + self.ejections * time_s
        self._forget()
        self._move(MemberState.EJECTED, reason)

    def leave(self) -> None:
        self._move(MemberState.LEAVING, "it is not a member any more")

    def _replaced(self, now: float) -> None:
        """What was held against the process before it says nothing of this one."""
        self.life += 1
        self.ejections = 0
        self._forget()
        if self.state is MemberState.EJECTED:
            self.retry_at = now

    def _forget(self) -> None:
        self.outcomes.clear()
        self.pace.forget()

    def _move(self, state: MemberState, reason: str) -> None:
        before, self.state = self.state, state
        if self.alive:
            self.told_life = self.life
        self.on_change(self, before, reason)
