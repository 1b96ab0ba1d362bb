"""What the core tells its listener, counted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

from system.coordinator.core.errors import NotAdmitted, RequestFailed
from system.coordinator.core.flight import Flight, Release
from system.coordinator.core.ledger import Entry
from system.coordinator.core.member import Member, MemberState
from system.coordinator.core.request import Attempt, Request
from system.coordinator.core.worker import Cause

# Seconds, from a text on an idle fleet to the longest wait at default settings, 5 x WORKER_TIMEOUT.
DURATIONS: Final = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 0.75, 1, 1.5, 2.5, 5, 10, 15)

ANSWERED: Final = "answered"
CLIENT_GONE: Final = "client_gone"

_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class _WorkerSeries:
    """What every request touches, looked up once."""

    attempts: Mapping[Cause | None, Counter]
    durations: Histogram


class MetricsListener:
    """Implements the core's `Listener`.

    Every series that can be is there from the start, at 0: a rate over one that appears with its first count misses it.
    """

    def __init__(self, registry: CollectorRegistry, batch_size: int) -> None:
        self._durations = Histogram(
            "brownout_request_duration_seconds",
            "From admission to the end, by whether there was an answer.",
            ["outcome"],
            buckets=DURATIONS,
            registry=registry,
        )
        self._failed = Counter(
            "brownout_requests_failed", "Admitted, but ended without an answer.", ["reason"], registry=registry
        )
        self._refused = Counter(
            "brownout_requests_refused", "Not admitted, hence never executed.", ["reason"], registry=registry
        )
        self._batches = Histogram(
            "brownout_batch_size",
            "Requests in a batch that was sent, by why it was sent then.",
            ["released"],
            buckets=_sizes(batch_size),
            registry=registry,
        )
        self._redirects = Counter(
            "brownout_redirects",
            "Requests sent again, by why the attempt before gave no answer.",
            ["cause"],
            registry=registry,
        )
        self._hedges = Counter(
            "brownout_hedges", "Requests sent to a second worker while the first had them.", registry=registry
        )
        self._hedges_won = Counter("brownout_hedges_won", "Hedges that answered first.", registry=registry)
        self._attempts = Counter(
            "brownout_attempts", "Attempts that ended, by how.", ["worker", "outcome"], registry=registry
        )
        self._attempt_durations = Histogram(
            "brownout_attempt_duration_seconds",
            "From sending to the answer, of attempts that were answered.",
            ["worker"],
            buckets=DURATIONS,
            registry=registry,
        )
        self._transitions = Counter(
            "brownout_worker_transitions", "Changes of opinion of a worker.", ["worker", "state"], registry=registry
        )
        self._workers: dict[str, _WorkerSeries] = {}
        for outcome in (ANSWERED, "failed"):
            self._durations.labels(outcome)
        for reason in (*_reasons(RequestFailed), CLIENT_GONE):
            self._failed.labels(reason)
        for reason in _reasons(NotAdmitted):
            self._refused.labels(reason)
        for cause in Cause:
            self._redirects.labels(cause.value)
        self._released = {released: self._batches.labels(released.value) for released in Release}
        self._answered = self._durations.labels(ANSWERED)

    # ── Listener ─────────────────────────────────────────────────────────────────────────────────────────────────

    def request_refused(self, refusal: NotAdmitted) -> None:
        self._refused.labels(_reason(type(refusal))).inc()

    def batch_sent(self, flight: Flight) -> None:
        self._released[flight.released].observe(len(flight.requests))
        for request, attempt in zip(flight.requests, flight.attempts, strict=True):
            if attempt.hedge:
                self._hedges.inc()
            elif len(request.attempts) > 1:
                cause = next((before.cause for before in reversed(request.attempts) if before.cause), None)
                if cause is not None:
                    self._redirects.labels(cause.value).inc()

    def attempt_ended(self, request: Request, attempt: Attempt) -> None:  # noqa: ARG002 - the listener's signature
        series = self._workers.get(attempt.worker)
        if series is None:
            return  # it left
        series.attempts[attempt.cause].inc()
        if attempt.cause is None and attempt.ended_at is not None:
            series.durations.observe(attempt.ended_at - attempt.started_at)
            if attempt.hedge:
                self._hedges_won.inc()

    def request_ended(self, request: Request, entry: Entry) -> None:
        if entry.success:
            self._answered.observe(entry.latency_ms / 1000)
        else:
            self._durations.labels("failed").observe(entry.latency_ms / 1000)
            self._failed.labels(_ending(request)).inc()

    def member_changed(self, member: Member, before: MemberState, reason: str) -> None:  # noqa: ARG002 - likewise
        self._welcome(member.id)
        self._transitions.labels(member.id, member.state.value).inc()

    # ── series of workers ────────────────────────────────────────────────────────────────────────────────────────

    def keep(self, members: AbstractSet[str]) -> None:
        """Have series of these workers and of no others."""
        for worker in self._workers.keys() - members:
            del self._workers[worker]
            for metric in (self._attempts, self._attempt_durations, self._transitions):
                metric.remove_by_labels({"worker": worker})
        for worker in members:
            self._welcome(worker)

    def _welcome(self, worker: str) -> None:
        if worker in self._workers:
            return
        self._workers[worker] = _WorkerSeries(
            {cause: self._attempts.labels(worker, cause.value if cause else ANSWERED) for cause in (None, *Cause)},
            self._attempt_durations.labels(worker),
        )
        for state in MemberState:
            self._transitions.labels(worker, state.value)


def _sizes(largest: int) -> list[int]:
    """1, 2, 3, 4, 6, 8, 12 … and the largest there can be."""
    steps = {size * 2**doubled for size in (1, 3) for doubled in range(largest.bit_length())} | {2}
    return sorted({size for size in steps if size < largest} | {largest})


def _reason(kind: type[BaseException]) -> str:
    return _HUMP.sub("_", kind.__name__).lower()


def _reasons(kind: type[BaseException]) -> Iterator[str]:
    """What the errors of this kind are called, those that nothing is derived from."""
    derived = kind.__subclasses__()
    if not derived:
        yield _reason(kind)
    for each in derived:
        yield from _reasons(each)


def _ending(request: Request) -> str:
    """Why it failed. A client that left took its future along."""
    future = request.answered
    failure = None if future.cancelled() or not future.done() else future.exception()
    return CLIENT_GONE if failure is None else _reason(type(failure))
