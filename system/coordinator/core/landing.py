"""What becomes of a batch that comes back, or does not: each of its requests is answered, sent back, or ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from system.coordinator.core.causes import RULES
from system.coordinator.core.errors import (
    Abandoned,
    AttemptsExhausted,
    DeadlinePassed,
    InputRefused,
    Poisonous,
    RequestFailed,
)
from system.coordinator.core.flight import Flight, Release
from system.coordinator.core.ledger import Ledger
from system.coordinator.core.listener import Listener
from system.coordinator.core.member import Member
from system.coordinator.core.pace import Pace
from system.coordinator.core.policy import Policy
from system.coordinator.core.queue import Queue
from system.coordinator.core.request import Attempt, Completed, Request, State
from system.coordinator.core.roster import Roster
from system.coordinator.core.suspicion import Suspects, fingerprint
from system.coordinator.core.worker import Answer, AttemptFailed, Cause, ItemRefused

# An input that this many workers refused while computing its batch mates is refused for good.
REFUSALS = 2


class Landing:
    """Keeps the books: nothing else moves a request to its end. `pace` is that of all workers together."""

    def __init__(
        self,
        policy: Policy,
        queue: Queue,
        *,
        roster: Roster,
        suspects: Suspects,
        listener: Listener,
        wall_clock: Callable[[], float],
    ) -> None:
        self.ledger = Ledger(policy.request_log_size)
        self.pace = Pace()
        self._policy = policy
        self._queue = queue
        self._roster = roster
        self._suspects = suspects
        self._listener = listener
        self._wall_clock = wall_clock

    # ── batches ──────────────────────────────────────────────────────────────────────────────────────────────────

    def answered(self, member: Member, flight: Flight, outcomes: Sequence[Answer | ItemRefused], now: float) -> None:
        self._suspects.landed(now)
        member.last_seen = self._wall_clock()
        member.answered()
        if flight.began_at is not None:
            for pace in (self.pace, member.pace):
                pace.observe(now - flight.began_at, len(flight.requests), self._policy.batch_size)
        for request, attempt, outcome in zip(flight.requests, flight.attempts, outcomes, strict=True):
            if request.state is State.DONE:
                continue  # another worker was faster, or nobody waits for it any more
            if isinstance(outcome, Answer):
                self._suspects.acquit(request.text)
                member.tasks_processed += 1
                self._end(request, attempt, None, now)
                self._complete(request, Completed(request.id, outcome, member.id, request.retries), now)
            else:
                self._item_refused(request, attempt, outcome, now)

    def failed(self, member: Member, flight: Flight, failure: AttemptFailed, now: float) -> None:
        cause, reason = failure.cause, failure.reason
        # A call that ends because the clients' time was over, perhaps soon after it began, says nothing of the worker.
        if not flight.given_up and (flight.wanted or cause is not Cause.TOO_SLOW):
            self._suspects.landed(now)
            member.outcomes.append(False)
            if RULES[cause].takes_down:
                member.failed(now, f"{cause}: {reason}")
            if cause is Cause.REFUSED:
                member.refused(now, f"{cause}: {reason}")
                for request in flight.requests:
                    request.alone = True
            elif cause is Cause.CUT:
                self._lost(member, flight, now, begun=failure.begun)
        self.send_back(flight, cause, now)

    def _lost(self, member: Member, flight: Flight, now: float, *, begun: bool) -> None:
        # What had not begun was behind another batch, perhaps another coordinator's: that is whose texts it may be.
        texts = [request.text for request in flight.requests if begun and request.state is not State.DONE]
        self._suspects.lost(member, texts, now, alone=flight.released is Release.ALONE)
        # Whether it died, or only the connection did, decides what its texts are; do not wait for the next heartbeat.
        member.look.set()

    def send_back(self, flight: Flight, cause: Cause, now: float) -> None:
        """Nobody counts on this batch any more; the call may still be open, for a late answer is an answer."""
        flight.given_up = True
        for request, attempt in zip(flight.requests, flight.attempts, strict=True):
            self._redirect(request, attempt, cause, now)

    # ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _item_refused(self, request: Request, attempt: Attempt, refusal: ItemRefused, now: float) -> None:
        request.refusals += 1
        if request.refusals >= REFUSALS:
            self._end(request, attempt, Cause.REFUSED, now)
            self.fail(request, InputRefused(request, refusal.reason), now)
        else:
            self._redirect(request, attempt, Cause.REFUSED, now)

    def _redirect(self, request: Request, attempt: Attempt, cause: Cause, now: float) -> None:
        """Back into the queue, unless it was sent back already, is in other hands as well, or has ended meanwhile."""
        if not self._end(request, attempt, cause, now) or request.state is not State.PROCESSING or request.in_hands:
            return
        if RULES[cause].costs:
            request.costly += 1
            request.owes_retry = True
        if request.costly >= self._policy.max_attempts:
            self.fail(request, AttemptsExhausted(request), now)
        else:
            request.state = State.QUEUED
            self._queue.put(request)

    def _end(self, request: Request, attempt: Attempt, cause: Cause | None, now: float) -> bool:
        """Close one attempt, once. Returns whether it was open."""
        if attempt.ended_at is not None:
            return False
        attempt.ended_at = now
        attempt.cause = cause
        self._listener.attempt_ended(request, attempt)
        return True

    def _complete(self, request: Request, completed: Completed, now: float) -> None:
        self._leave_queue(request)
        entry = self.ledger.complete(request, completed, now)
        if not request.answered.done():
            request.answered.set_result(completed)
        self._let_go(request, Cause.OVERTAKEN, now)
        self._listener.request_ended(request, entry)

    def fail(self, request: Request, failure: RequestFailed | str, now: float) -> None:
        """End it without an answer; a plain reason if there is no client any more to tell."""
        if request.state is State.DONE:
            return
        self._leave_queue(request)
        entry = self.ledger.fail(request, str(failure), now)
        if isinstance(failure, RequestFailed) and not request.answered.done():
            request.answered.set_exception(failure)
        self._let_go(request, Cause.NOBODY_WAITS, now)
        self._listener.request_ended(request, entry)

    def expire(self, request: Request, now: float) -> None:
        self.fail(request, DeadlinePassed(request), now)

    def abandon(self, now: float) -> int:
        """Fail whatever was admitted and has not ended, so that its clients and the log learn why. Returns how many."""
        left = list(self.ledger.pending)
        for request in left:
            self.fail(request, Abandoned(request), now)
        return len(left)

    def judge(self, now: float) -> None:
        """Fail who is guilty by what is known now."""
        convicted = self._suspects.convict(now)
        if convicted:
            for request in list(self.ledger.pending):
                if (deaths := convicted.get(fingerprint(request.text))) is not None:
                    self.fail(request, Poisonous(request, deaths), now)

    def _let_go(self, request: Request, cause: Cause, now: float) -> None:
        """Cancel the calls that nobody waits for any more: their workers have better things to do."""
        for attempt in request.attempts:
            self._end(request, attempt, cause, now)
        if len(request.attempts) > 1 or cause is Cause.NOBODY_WAITS:
            for member in self._roster:
                for flight in member.flights:
                    if flight.task is not asyncio.current_task() and request in flight.requests and not flight.wanted:
                        flight.cancel()

    def _leave_queue(self, request: Request) -> None:
        if request.state is State.QUEUED:
            self._queue.remove(request)
