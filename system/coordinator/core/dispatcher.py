"""Who gets which request when, and what happens when it does not come back."""

from __future__ import annotations

import asyncio
import math
import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Self

from system.coordinator.core.errors import Abandoned, DeadlinePassed, Draining, InputRefused, QueueFull, RequestFailed
from system.coordinator.core.flight import Flight, Release
from system.coordinator.core.heartbeat import watch
from system.coordinator.core.ledger import Ledger
from system.coordinator.core.listener import Listener
from system.coordinator.core.member import Member
from system.coordinator.core.policy import Policy
from system.coordinator.core.queue import Queue
from system.coordinator.core.request import Attempt, Completed, Request, State
from system.coordinator.core.roster import Roster
from system.coordinator.core.worker import Answer, AttemptFailed, Cause, Item, ItemRefused, Worker

# An input that this many workers refused while computing its batch mates is refused for good.
REFUSALS = 2


class Dispatcher:
    """Owns queue, members and ledger. `async with` it: leaving ends its tasks, and with them every open attempt.

    Everything runs on one event loop and every method that changes state is synchronous, so there are no locks: state
    changes only between awaits, and `_pump` runs after each change that could let a batch go.
    """

    def __init__(
        self,
        workers: Mapping[str, Worker],
        policy: Policy,
        listener: Listener,
        rng: random.Random,
        wall_clock: Callable[[], float],
    ) -> None:
        self.policy = policy
        self.members = [Member(name, worker, listener.member_changed) for name, worker in workers.items()]
        self.queue = Queue()
        self.ledger = Ledger(policy.request_log_size)
        self.draining = False
        self._roster = Roster(self.members)
        self._listener = listener
        self._rng = rng
        self._wall_clock = wall_clock
        self._age_alarm: asyncio.TimerHandle | None = None
        self._sequence = 0
        self._pump_is_due = False
        self._closed = False
        self._tasks = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        self._loop = asyncio.get_running_loop()
        pace = {"interval_s": self.policy.heartbeat_interval, "timeout_s": self.policy.heartbeat_timeout}
        self._watchers = [self._tasks.create_task(watch(self, member, **pace)) for member in self.members]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closed = True
        for task in [*self._watchers, *(flight.task for member in self.members for flight in member.flights)]:
            if task is not None:
                task.cancel()
        if self._age_alarm is not None:
            self._age_alarm.cancel()
        # Without the body's own error: the group would wrap it in a group of one.
        await self._tasks.__aexit__(None, None, None)

    # ── admission ────────────────────────────────────────────────────────────────────────────────────────────────

    async def infer(self, text: str, timeout_s: float | None = None, traceparent: str | None = None) -> Completed:
        """Admit one input and wait for its answer, `timeout_s` at most (None, or more than the policy's: the policy's).

        Raises NotAdmitted or RequestFailed.
        """
        if self.draining:
            raise Draining
        if len(self.queue) >= self.policy.queue_limit:
            raise QueueFull(self.policy.queue_limit)
        request = self._admit(text, min(timeout_s or self.policy.deadline, self.policy.deadline), traceparent)
        alarm = self._loop.call_at(request.deadline, self._expire, request)
        self._pump_soon()
        try:
            return await request.answered
        except asyncio.CancelledError:
            self._fail(request, "the client went away")
            raise
        finally:
            alarm.cancel()

    def _admit(self, text: str, timeout_s: float, traceparent: str | None) -> Request:
        now = self._loop.time()
        self._sequence += 1
        request = Request(
            id=str(uuid.UUID(int=self._rng.getrandbits(128), version=4)),
            text=text,
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
        self._fail(request, DeadlinePassed(request))

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
        while len(self.queue) and self._launch_one(idle := self._roster.idle(), self._fair_size(len(idle))):
            pass
        while self._batch_is_due() and self._launch_one(self._roster.holding(), self.policy.batch_size):
            pass
        self._set_age_alarm()

    def _fair_size(self, idle: int) -> int:
        """Idle workers share the queue: two batches of two are answered before one of three and one of one."""
        return min(self.policy.batch_size, math.ceil(len(self.queue) / max(1, idle)))

    def _batch_is_due(self) -> bool:
        oldest = self.queue.oldest
        if oldest is None:
            return False
        return len(self.queue) >= self.policy.batch_size or self._loop.time() >= self._old_at(oldest)

    def _old_at(self, request: Request) -> float:
        """From when on a request has waited long enough for company."""
        return request.accepted_at + self.policy.batch_timeout

    def _launch_one(self, candidates: Sequence[Member], size: int) -> bool:
        for member in candidates:
            batch = self.queue.take(size, partial(self._roster.suits, member))
            if batch:
                self._launch(member, batch)
                return True
        return False

    def _launch(self, member: Member, batch: list[Request]) -> None:
        self.ledger.retried += sum(bool(request.attempts) for request in batch)
        flight = Flight.begin(member.id, batch, Release.IDLE, self._loop.time())
        self._roster.served(member)
        member.flights.append(flight)
        flight.task = self._tasks.create_task(self._fly(member, flight))
        self._arm(member)

    def _arm(self, member: Member) -> None:
        """Start the clock of the batch that the worker computes now."""
        flight = next(iter(member.carried), None)
        if flight is not None and flight.alarm is None:
            flight.alarm = self._loop.call_later(self.policy.worker_timeout, self._too_slow, member, flight)

    def _set_age_alarm(self) -> None:
        if self._age_alarm is not None:
            self._age_alarm.cancel()
            self._age_alarm = None
        oldest = self.queue.oldest
        # One that is old already could not go now: what lets it go later (a batch that ends, a worker that returns)
        # pumps by itself, and an alarm for the past would ring for ever.
        if oldest is not None and self._old_at(oldest) > self._loop.time():
            self._age_alarm = self._loop.call_at(self._old_at(oldest), self._pump)

    # ── one batch out and back ───────────────────────────────────────────────────────────────────────────────────

    async def _fly(self, member: Member, flight: Flight) -> None:
        items = [Item(request.id, request.text) for request in flight.requests]
        timeout_s = max(request.deadline for request in flight.requests) - self._loop.time()
        try:
            outcomes = await member.worker.infer(items, timeout_s)
        except AttemptFailed as failure:
            self._flight_failed(member, flight, failure.cause, failure.reason)
        else:
            self._flight_answered(member, flight, outcomes)
        finally:
            flight.silence_alarm()
            member.flights.remove(flight)
            self._arm(member)
            self._pump()

    def _flight_answered(self, member: Member, flight: Flight, outcomes: Sequence[Answer | ItemRefused]) -> None:
        now = self._loop.time()
        member.last_seen = self._wall_clock()
        member.answered()
        for request, attempt, outcome in zip(flight.requests, flight.attempts, outcomes, strict=True):
            attempt.ended_at = now
            if request.state is State.DONE:
                continue  # another worker was faster, or nobody waits for it any more
            if isinstance(outcome, Answer):
                member.tasks_processed += 1
                self._complete(request, Completed(request.id, outcome, member.id, request.retries))
            else:
                self._item_refused(request, attempt, outcome)

    def _item_refused(self, request: Request, attempt: Attempt, refusal: ItemRefused) -> None:
        request.refusals += 1
        if request.refusals >= REFUSALS:
            self._fail(request, InputRefused(request, refusal.reason))
        else:
            self._redirect(request, attempt, Cause.REFUSED)

    def _flight_failed(self, member: Member, flight: Flight, cause: Cause, reason: str) -> None:
        # A call that ends because the clients' time was over, perhaps soon after it began, says nothing of the worker.
        out_of_time = cause is Cause.TOO_SLOW and all(request.state is State.DONE for request in flight.requests)
        if not flight.given_up and not out_of_time:
            member.failed(self._loop.time(), f"{cause}: {reason}")
        self._redirect_flight(flight, cause)

    def _too_slow(self, member: Member, flight: Flight) -> None:
        """The batch took longer than WORKER_TIMEOUT: give it up, and with it what waits behind it at this worker."""
        if not flight.given_up:
            member.failed(self._loop.time(), f"{Cause.TOO_SLOW}: no answer for {self.policy.worker_timeout:g} s")
            for given_up in member.carried:
                self._redirect_flight(given_up, Cause.TOO_SLOW)
        if flight.task is not None:
            flight.task.cancel()
        self._pump()

    def _redirect_flight(self, flight: Flight, cause: Cause) -> None:
        flight.given_up = True
        for request, attempt in zip(flight.requests, flight.attempts, strict=True):
            self._redirect(request, attempt, cause)

    def _redirect(self, request: Request, attempt: Attempt, cause: Cause) -> None:
        """Back into the queue, unless it was sent back already or has ended meanwhile."""
        if attempt.cause is None:
            attempt.cause = cause
            attempt.ended_at = self._loop.time()
            if request.state is State.PROCESSING and attempt is request.attempts[-1]:
                request.state = State.QUEUED
                self.queue.put(request)

    # ── what heartbeats tell ─────────────────────────────────────────────────────────────────────────────────────

    def heard(self, member: Member) -> None:
        member.last_seen = self._wall_clock()
        member.heard(self._loop.time())
        self._pump()

    def not_heard(self, member: Member, failure: AttemptFailed) -> None:
        """Silence sends everything in flight there to others but leaves the calls open: whoever answers first counts.

        A broken connection needs no such help, for it breaks the calls as well.
        """
        if failure.cause is Cause.SILENT:
            member.silent(failure.reason)
            for flight in member.carried:
                self._redirect_flight(flight, Cause.SILENT)
        else:
            member.failed(self._loop.time(), f"{failure.cause}: {failure.reason}")
        self._pump()

    # ── endings ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _complete(self, request: Request, completed: Completed) -> None:
        self._leave_queue(request)
        entry = self.ledger.complete(request, completed, self._loop.time())
        if not request.answered.done():
            request.answered.set_result(completed)
        self._listener.request_ended(request, entry)

    def _fail(self, request: Request, failure: RequestFailed | str) -> None:
        if request.state is State.DONE:
            return
        self._leave_queue(request)
        entry = self.ledger.fail(request, str(failure), self._loop.time())
        if isinstance(failure, RequestFailed) and not request.answered.done():
            request.answered.set_exception(failure)
        self._listener.request_ended(request, entry)

    def abandon(self) -> int:
        """Fail whatever was admitted and has not ended, so that its clients and the log learn why. Returns how many."""
        left = list(self.ledger.pending)
        for request in left:
            self._fail(request, Abandoned(request))
        return len(left)

    def _leave_queue(self, request: Request) -> None:
        if request.state is State.QUEUED:
            self.queue.remove(request)
