"""What the core tells its listener, as spans: what a request waited for, and every attempt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from system.coordinator.core.errors import NotAdmitted
from system.coordinator.core.flight import Flight
from system.coordinator.core.ledger import Entry
from system.coordinator.core.member import Member, MemberState
from system.coordinator.core.request import Attempt, Request
from system.coordinator.core.worker import Cause
from system.tracing.span import Kind, Span, Tracer
from system.tracing.traceparent import sampled

# Attempts that gave no answer without anything having gone wrong.
_IN_ORDER: Final = (Cause.OVERTAKEN, Cause.NOBODY_WAITS)


class TraceListener:
    """Implements the core's `Listener`. When a batch is sent, each attempt's `traceparent` becomes its own span's.

    The core tells things as they happen, so `wall_clock`, in seconds since the epoch, is read then. The moments that it
    names are in loop time, which may count in milliseconds: reckoned from them, a span began before what it is part of.
    """

    def __init__(self, tracer: Tracer, wall_clock: Callable[[], float]) -> None:
        self._tracer = tracer
        self._wall_clock = wall_clock
        self._attempts: dict[Attempt, Span] = {}

    @property
    def open(self) -> int:
        """How many attempts it keeps something of."""
        return len(self._attempts)

    def request_refused(self, refusal: NotAdmitted) -> None: ...

    def batch_sent(self, flight: Flight) -> None:
        now = self._wall_clock()
        for request, attempt in zip(flight.requests, flight.attempts, strict=True):
            parent = request.traceparent
            if parent is None or not sampled(parent):
                continue
            if not attempt.hedge:
                self._waited(request, parent, attempt.started_at, now)
            span = self._tracer.start(
                "attempt",
                Kind.CLIENT,
                parent,
                now,
                {
                    "brownout.request_id": request.id,
                    "brownout.worker": attempt.worker,
                    "brownout.hedge": attempt.hedge,
                    "brownout.released": flight.released.value,
                    "brownout.batch_size": len(flight.requests),
                },
            )
            self._attempts[attempt] = span
            attempt.traceparent = span.traceparent

    def attempt_ended(self, request: Request, attempt: Attempt) -> None:  # noqa: ARG002 - the listener's signature
        span = self._attempts.pop(attempt, None)
        if span is None:
            return
        failed = attempt.cause is not None and attempt.cause not in _IN_ORDER
        span.note({"brownout.outcome": attempt.cause.value if attempt.cause else "answered"})
        span.end(self._wall_clock(), str(attempt.cause) if failed else None)

    def request_ended(self, request: Request, entry: Entry) -> None:
        parent = request.traceparent
        if parent is not None and sampled(parent) and not entry.success:
            self._waited(request, parent, request.accepted_at + entry.latency_ms / 1000, self._wall_clock())

    def member_changed(self, member: Member, before: MemberState, reason: str) -> None: ...

    def _waited(self, request: Request, parent: str, until: float, now: float) -> None:
        """A span from when it was last in nobody's hands, if it was, to `until` in loop time, which is `now`."""
        since = max([request.accepted_at, *(attempt.ended_at for attempt in request.attempts if attempt.ended_at)])
        if since < until:
            began = min(request.timestamp + (since - request.accepted_at), now)
            span = self._tracer.start("queue", Kind.INTERNAL, parent, began, {"brownout.request_id": request.id})
            span.end(now)
