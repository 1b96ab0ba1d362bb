"""Who gets which request when. What becomes of a batch is in landing.py, what is too long in clocks.py."""

from __future__ import annotations

import asyncio
import math
import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Self

from system.coordinator.core.boarding import Boarding
from system.coordinator.core.budget import Budget
from system.coordinator.core.clocks import Clocks
from system.coordinator.core.door import Door
from system.coordinator.core.errors import NotAdmitted
from system.coordinator.core.flight import Flight, Release
from system.coordinator.core.heartbeat import watch
from system.coordinator.core.landing import Landing
from system.coordinator.core.ledger import Ledger
from system.coordinator.core.listener import Listener
from system.coordinator.core.member import Member, MemberState
from system.coordinator.core.outliers import Outliers
from system.coordinator.core.policy import Policy
from system.coordinator.core.queue import Queue
from system.coordinator.core.request import Completed, Request
from system.coordinator.core.roster import Roster
from system.coordinator.core.suspicion import COINCIDENCE_S, Suspects
from system.coordinator.core.worker import AttemptFailed, Cause, Health, Item, Worker


class Dispatcher:
    """Owns queue, members and books. `async with` it: leaving ends its tasks, and with them every open attempt.

    Everything runs on one event loop and every method that changes state is synchronous, so there are no locks: state
    changes only between awaits, and `_pump` runs after each change that could let a batch go. `show` gives what may be
    read of an input in logs and records.
    """

    def __init__(
        self,
        workers: Mapping[str, Worker],
        policy: Policy,
        listener: Listener,
        rng: random.Random,
        wall_clock: Callable[[], float],
        *,
        show: Callable[[str], str] = str,
    ) -> None:
        self.policy = policy
        self.queue = Queue()
        self._first = workers
        self._roster = Roster()
        self._suspects = Suspects(policy.poison_kills, policy.quarantine)
        self._outliers = Outliers(policy.eject_error_rate, policy.eject_slowness, policy.eject_time)
        self._door = Door(policy, self.queue, self._roster, self._suspects)
        self._landing = Landing(
            policy, self.queue, roster=self._roster, suspects=self._suspects, listener=listener, wall_clock=wall_clock
        )
        self._listener = listener
        self._rng = rng
        self._wall_clock = wall_clock
        self._show = show
        self._alarm: asyncio.TimerHandle | None = None
        self._sequence = 0
        self._pump_is_due = False
        self._closed = False
        self._watchers: dict[Member, asyncio.Task[None]] = {}
        self._tasks = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        self._loop = asyncio.get_running_loop()
        self._budget = Budget(self.policy.retry_budget, self._loop.time())
        self._clocks = Clocks(
            self.policy,
            self._roster,
            suspects=self._suspects,
            landing=self._landing,
            budget=self._budget,
            pump=self._pump,
            launch=self._launch,
        )
        for name, worker in self._first.items():
            self.add_member(name, worker)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closed = True
        for task in self._watchers.values():
            task.cancel()
        for flight in [flight for member in self._roster for flight in member.flights]:
            flight.silence()
            if flight.task is not None:
                flight.task.cancel()
        if self._alarm is not None:
            self._alarm.cancel()
        # Without the body's own error: the group would wrap it in a group of one.
        await self._tasks.__aexit__(None, None, None)

    @property
    def ledger(self) -> Ledger:
        return self._landing.ledger

    # ── members ──────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def members(self) -> Sequence[Member]:
        return self._roster.members

    def add_member(self, name: str, worker: Worker) -> Member:
        """It gets its first batch once it was heard of. Raises ValueError if there is one of that name."""
        if any(member.id == name for member in self._roster):
            raise ValueError(f"{name!r} is a member already")
        member = Member(name, worker, self._listener.member_changed)
        self._roster.members.append(member)
        # Everything in flight may fail at once, what each worker computes and what it holds, and is redirected at once.
        self._budget.save_up_to(2.0 * len(self._roster.members) * self.policy.batch_size)
        pace = {"interval_s": self.policy.heartbeat_interval, "timeout_s": self.policy.heartbeat_timeout}
        self._watchers[member] = self._tasks.create_task(watch(self, member, **pace))
        return member

    async def remove_member(self, member: Member) -> None:
        """Give it no more batches; return when those it carries have come back, by answer or by redirect.

        It leaves even if the caller is cancelled meanwhile, and takes nobody's answer with it.
        """
        member.leave()
        self._pump()
        await asyncio.shield(self._tasks.create_task(self._see_off(member)))

    async def _see_off(self, member: Member) -> None:
        if flying := [flight.task for flight in member.flights if flight.task]:
            await asyncio.wait(flying)
        self._watchers.pop(member).cancel()
        self._roster.remove(member)

    # ── admission ────────────────────────────────────────────────────────────────────────────────────────────────

    async def infer(self, text: str, timeout_s: float | None = None, traceparent: str | None = None) -> Completed:
        """Admit one input and wait for its answer, `timeout_s` at most (None, or more than the policy's: the policy's).

        Raises NotAdmitted or RequestFailed.
        """
        request = self._admit(text, min(timeout_s or math.inf, self.policy.deadline), traceparent)
        alarm = self._loop.call_at(request.deadline, self._expire, request)
        self._pump_soon()
        try:
            return await request.answered
        except asyncio.CancelledError:
            self._landing.fail(request, "the client went away", self._loop.time())
            raise
        finally:
            alarm.cancel()

    def _admit(self, text: str, timeout_s: float, traceparent: str | None) -> Request:
        now = self._loop.time()
        size = len(text.encode())
        try:
            self._door.pass_through(text, size, timeout_s, now)
        except NotAdmitted as refusal:
            self.ledger.refused += 1
            self._listener.request_refused(refusal)
            raise
        self._budget.earn()
        self._sequence += 1
        request = Request(
            id=str(uuid.UUID(int=self._rng.getrandbits(128), version=4)),
            text=text,
            shown=self._show(text),
            size=size,
            sequence=self._sequence,
            accepted_at=now,
            deadline=now + timeout_s,
            timestamp=self._wall_clock(),
            answered=self._loop.create_future(),
            traceparent=traceparent,
        )
        self.ledger.admit(request)
        self.queue.put(request)
        return request

    def _expire(self, request: Request) -> None:
        self._landing.expire(request, self._loop.time())

    @property
    def draining(self) -> bool:
        return self._door.draining

    def drain(self) -> None:
        """Admit nothing more."""
        self._door.draining = True

    def abandon(self) -> int:
        """Fail whatever was admitted and has not ended. Returns how many."""
        return self._landing.abandon(self._loop.time())

    # ── dispatch ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _pump_soon(self) -> None:
        """Pump once the requests that arrive in this same turn of the event loop are all in: they can share batches."""
        if not self._pump_is_due:
            self._pump_is_due = True
            self._loop.call_soon(self._pump)

    def _pump(self) -> None:
        """Let every batch go that can go now: to idle workers at once, behind busy ones when it is full or old."""
        self._pump_is_due = False
        if self._closed:
            return
        self._short_of_budget = False
        while len(self.queue) and self._launch_one(
            idle := self._roster.idle(), self._fair_size(len(idle)), Release.IDLE
        ):
            pass
        while (due := self._due()) and self._launch_one(self._roster.holding(), self.policy.batch_size, due):
            pass
        self._set_alarm()

    def _fair_size(self, idle: int) -> int:
        """Idle workers share the queue: two batches of two are answered before one of three and one of one."""
        return min(self.policy.batch_size, math.ceil(len(self.queue) / max(1, idle)))

    def _due(self) -> Release | None:
        """Why a batch may be held by a worker that computes, if it may."""
        oldest = self.queue.oldest
        # Who must travel alone needs a worker that does nothing else, and there is none while all hold.
        if oldest is None or oldest.alone or self._suspects.suspected(oldest.text, self._loop.time()):
            return None
        if len(self.queue) >= self.policy.batch_size:
            return Release.FULL
        return Release.AGED if self._loop.time() >= self._old_at(oldest) else None

    def _old_at(self, request: Request) -> float:
        """From when on a request has waited long enough for company."""
        return request.accepted_at + self.policy.batch_timeout

    def _launch_one(self, candidates: Sequence[Member], size: int, released: Release) -> bool:
        now = self._loop.time()
        for member in candidates:
            boarding = Boarding(
                member, size, roster=self._roster, suspects=self._suspects, budget=self._budget, now=now
            )
            self.queue.take(boarding)
            self._short_of_budget |= boarding.short_of_budget
            if boarding.requests:
                self._launch(member, boarding.requests, Release.ALONE if boarding.alone else released)
                return True
        return False

    def _launch(self, member: Member, batch: list[Request], released: Release) -> None:
        if released is Release.HEDGE:
            self.ledger.hedged += len(batch)
        else:
            self.ledger.retried += sum(bool(request.attempts) for request in batch)
        flight = Flight.begin(member.id, batch, released, self._loop.time())
        self._roster.served(member)
        member.flights.append(flight)
        flight.task = self._tasks.create_task(self._fly(member, flight))
        self._listener.batch_sent(flight)
        self._clocks.start(member)

    def _set_alarm(self) -> None:
        """Pump again when something comes due that no event will tell of."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        now = self._loop.time()
        due = [self._suspects.last_loss_at + COINCIDENCE_S] if self._suspects else []
        if self._short_of_budget:
            due.append(now + max(self._budget.wait_s, 0.001))
        # One that is old already could not go now: what lets it go later (a batch that ends, a worker that returns)
        # pumps by itself, and an alarm for the past would ring for ever.
        if (oldest := self.queue.oldest) is not None:
            due.append(self._old_at(oldest))
        if upcoming := [when for when in due if when > now]:
            self._alarm = self._loop.call_at(min(upcoming), self._ring)

    def _ring(self) -> None:
        if self._suspects:
            quiet_since = self._suspects.last_loss_at + COINCIDENCE_S
            for member in self._roster:
                if member.heard_at < quiet_since <= self._loop.time():
                    member.look.set()  # suspects wait for a sign of it; do not wait for the next heartbeat
        self._pump()

    # ── one batch out and back ───────────────────────────────────────────────────────────────────────────────────

    async def _fly(self, member: Member, flight: Flight) -> None:
        flight.departed = True
        now = self._loop.time()
        items = [
            Item(request.id, request.text, request.deadline - now, attempt.traceparent)
            for request, attempt in zip(flight.requests, flight.attempts, strict=True)
        ]
        try:
            if not flight.wanted:
                return
            outcomes = await member.worker.infer(items, max(item.timeout_s for item in items))
        except AttemptFailed as failure:
            self._landing.failed(member, flight, failure, self._loop.time())
        else:
            self._landing.answered(member, flight, outcomes, self._loop.time())
        finally:
            flight.silence()
            member.flights.remove(flight)
            self._clocks.start(member)
            self._outliers.consider(member, self._roster.members, self._loop.time())
            self._pump()

    # ── what heartbeats tell ─────────────────────────────────────────────────────────────────────────────────────

    def heard(self, member: Member, health: Health) -> None:
        now = self._loop.time()
        member.last_seen = self._wall_clock()
        member.heard(now, health, needed=not self._roster.anyone_but(member))
        self._landing.judge(now)
        self._pump()

    def not_heard(self, member: Member, failure: AttemptFailed) -> None:
        """Silence sends everything in flight there to others but leaves the calls open: whoever answers first counts.

        A broken connection needs no such help, for it breaks the calls as well.
        """
        now = self._loop.time()
        if failure.cause is Cause.SILENT:
            member.silent(failure.reason)
            for flight in member.carried:
                self._landing.send_back(flight, Cause.SILENT, now)
        else:
            if failure.cause is Cause.NOT_SENT:
                member.gone_at = now
            # One that was never there, or is leaving, may be away for long; that is no loss each time it is asked.
            away = (MemberState.STARTING, MemberState.DOWN, MemberState.LEAVING)
            if failure.cause in (Cause.NOT_SENT, Cause.CUT) and member.state not in away:
                self._suspects.lost(member, [], now)
            member.failed(now, f"{failure.cause}: {failure.reason}")
        self._landing.judge(now)
        self._pump()
