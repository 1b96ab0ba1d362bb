"""What runs while a batch is away, and what is done about one that takes too long.

began ──▶ HEDGE_AFTER: an idle worker tries the same too
      ──▶ overdue: others get it; the call stays open, for whoever answers first counts
      ──▶ WORKER_TIMEOUT: the call ends
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from system.coordinator.core.budget import Budget
from system.coordinator.core.flight import Flight, Release
from system.coordinator.core.landing import Landing
from system.coordinator.core.member import Member
from system.coordinator.core.policy import Policy
from system.coordinator.core.request import Request, State
from system.coordinator.core.roster import Roster
from system.coordinator.core.suspicion import Suspects
from system.coordinator.core.worker import Cause

# A batch is overdue when it takes this many times what nearly all batches take.
OVERDUE: Final = 4.0
NEARLY_ALL: Final = 0.99

# What takes the usual time to the millisecond is not late.
LATE_S: Final = 0.001


# When nobody was idle for a hedge, somebody may be after this.
ANOTHER_LOOK_S: Final = 0.02


class Clocks:
    """`pump` lets batches go, `launch` sends one."""

    def __init__(
        self,
        policy: Policy,
        roster: Roster,
        *,
        suspects: Suspects,
        landing: Landing,
        budget: Budget,
        pump: Callable[[], None],
        launch: Callable[[Member, list[Request], Release], None],
    ) -> None:
        self._policy = policy
        self._roster = roster
        self._suspects = suspects
        self._landing = landing
        self._budget = budget
        self._pump = pump
        self._launch = launch
        self._loop = asyncio.get_running_loop()

    def start(self, member: Member) -> None:
        """Time runs for the batch that the worker computes now, not for the one that it holds."""
        flight = next(iter(member.carried), None)
        if flight is None or flight.began_at is not None:
            return
        flight.began_at = self._loop.time()
        self._ring_after(self._policy.worker_timeout, self._too_slow, member, flight)
        pace = self._landing.pace
        if (nearly_all_s := pace.quantile(NEARLY_ALL)) is not None:
            # No sooner than a heartbeat would notice silence.
            earliest_s = self._policy.heartbeat_interval + self._policy.heartbeat_timeout
            self._ring_after(max(earliest_s, OVERDUE * nearly_all_s), self._overdue, member, flight)
        if self._policy.hedge_after and (usual_s := pace.quantile(self._policy.hedge_after)) is not None:
            self._ring_after(usual_s + LATE_S, self._hedge, member, flight)

    def _ring_after(
        self, delay_s: float, what: Callable[[Member, Flight], None], member: Member, flight: Flight
    ) -> None:
        flight.alarms.append(self._loop.call_later(delay_s, what, member, flight))

    def _hedge(self, member: Member, flight: Flight) -> None:
        """The first answer ends the other call. Neither a hedge is hedged, nor what may kill who computes it."""
        now = self._loop.time()
        wanted = [
            request
            for request in flight.requests
            if request.state is State.PROCESSING and not self._suspects.suspected(request.text, now)
        ]
        if flight.given_up or flight.released in (Release.HEDGE, Release.ALONE) or not wanted:
            return
        other = next((idle for idle in self._roster.idle() if idle is not member), None)
        if other is None:
            self._ring_after(ANOTHER_LOOK_S, self._hedge, member, flight)
        elif self._budget.spend(now, len(wanted)):
            self._launch(other, wanted, Release.HEDGE)

    def _overdue(self, member: Member, flight: Flight) -> None:
        if not flight.given_up and self._roster.anyone_but(member):
            took_s = self._loop.time() - (flight.began_at or 0.0)
            self._give_up(member, f"no answer for {took_s:.2f} s, which is unusual")

    def _too_slow(self, member: Member, flight: Flight) -> None:
        if not flight.given_up:
            self._give_up(member, f"no answer for {self._policy.worker_timeout:g} s")
        flight.cancel()

    def _give_up(self, member: Member, reason: str) -> None:
        """With a batch that takes too long goes what waits behind it at this worker."""
        now = self._loop.time()
        member.outcomes.append(False)
        member.failed(now, f"{Cause.TOO_SLOW}: {reason}")
        for flight in member.carried:
            self._landing.send_back(flight, Cause.TOO_SLOW, now)
        self._pump()
