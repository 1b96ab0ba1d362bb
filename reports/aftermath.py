"""What came of each fault: when it was noticed, when all was as before, and which requests paid for it.

    fault began ──────── noticed ─────────── healed ──── worker back ──── service back
                └ noticed_s ┘                      └ worker_s ┘
                                                   └────────── service_s ──────────┘

Noticed, and back, are as /status said of the workers that the fault's target names, so no finer than it was asked.
Service is what it was before as `recovers_within` has it by default (see `reports.service`). All times are seconds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from reports.measure import SteadyState, steady_answers
from reports.record import Record
from reports.request_columns import FAIL, INFO, RequestColumns
from reports.service import Arrivals, bound_ms
from reports.states import UP, Look, looks, usual_s
from reports.windows import FaultWindow

NAME: Final = re.compile(r"\w[\w.]*(?:-\w[\w.]*)*")


@dataclass(frozen=True, slots=True)
class Noticed:
    """That a worker was no longer taken to be up, and what it was taken for."""

    after_s: float
    worker: str
    state: str


@dataclass(frozen=True, slots=True)
class Paid:
    """Requests that were under way between the fault and the return of service, each counted as the worst it was.

    `late` were answered at once, but slower than what counts as good service; None without a steady state to tell that
    by. `slowest_ms` is of all that were answered, `retried_ms` of those that were retried; None where none was.
    """

    retried: int
    late: int | None
    failed: int
    unknown: int
    slowest_ms: float | None
    retried_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Aftermath:
    """Of one fault. `noticed` is None where no worker that it names was seen to change; `worker_s` where none was, or
    it was not seen to come back; `service_s` where too little was asked to tell, or something else broke meanwhile.
    """

    window: FaultWindow
    noticed: Noticed | None
    worker_s: float | None
    service_s: float | None
    paid: Paid


@dataclass(frozen=True, slots=True)
class Measured:
    """How it was measured. `every_s` is how far apart /status was asked, `good_ms` how slow an answer may be and still
    be good service; None where nobody asked, or nothing was steady before the first fault.
    """

    every_s: float | None
    good_ms: float | None


def measured(record: Record) -> Measured:
    columns = record.columns
    steady = steady_answers(columns.due_s, columns.completed_s, columns.answered, record.windows)
    return Measured(
        every_s=usual_s([at_s for at_s, _, _ in record.statuses]),
        good_ms=bound_ms(steady.p99_ms) if isinstance(steady, SteadyState) else None,
    )


def aftermaths(record: Record, how: Measured | None = None) -> tuple[Aftermath, ...]:
    """Of each fault of the run, in the order of injection; `how` where somebody has it already."""
    if not record.windows:
        return ()
    good_ms = (how or measured(record)).good_ms
    columns = record.columns
    arrivals = None if good_ms is None else Arrivals(columns.due_s, columns.answered, columns.ms, good_ms)
    looked = looks(record.statuses)
    return tuple(_aftermath(window, record, looked, arrivals, good_ms) for window in record.windows)


def _aftermath(
    window: FaultWindow, record: Record, looked: Sequence[Look], arrivals: Arrivals | None, good_ms: float | None
) -> Aftermath:
    named = set(NAME.findall(window.target))
    workers = [each for each in record.capacity if each in named]
    others = [each for each in record.windows if each is not window]
    next_s = min((max(each.injected_s, window.end_s) for each in others if each.end_s > window.end_s), default=math.inf)
    service_s = None
    if arrivals is not None and window.healed_s is not None:
        _, service_s = arrivals.good_after_s(window.healed_s, next_s)
    noticed = _noticed(looked, workers, window)
    return Aftermath(
        window=window,
        noticed=noticed,
        worker_s=None if noticed is None else _back_s(looked, workers, window),
        service_s=service_s,
        paid=_paid(record.columns, window.injected_s, window.end_s + (service_s or 0.0), good_ms),
    )


def _noticed(looked: Iterable[Look], workers: Sequence[str], window: FaultWindow) -> Noticed | None:
    """The first change from up to something else, of a worker that was up when the fault began."""
    up: set[str] = set()
    for look in looked:
        if look.at_s > window.end_s:
            return None
        for worker in workers:
            state = look.states.get(worker)
            if look.at_s >= window.injected_s and worker in up and state not in (UP, None):
                return Noticed(look.at_s - window.injected_s, worker, str(state))
            if state == UP:
                up.add(worker)
            elif look.at_s < window.injected_s:
                up.discard(worker)
    return None


def _back_s(looked: Iterable[Look], workers: Sequence[str], window: FaultWindow) -> float | None:
    """From healing until all of them were up; 0 where they were so already."""
    up_before = False
    for look in looked:
        up = all(look.states.get(worker) == UP for worker in workers)
        if look.at_s >= window.end_s and up:
            return 0.0 if up_before else look.at_s - window.end_s
        up_before = up and look.at_s >= window.injected_s
    return None


def _paid(columns: RequestColumns, start_s: float, end_s: float, good_ms: float | None) -> Paid:
    """Those due before its end that came back after its beginning; what never came back, if it was due meanwhile."""
    came_s = np.where(columns.came_back, columns.completed_s, columns.due_s)
    under_way = (columns.due_s < end_s) & (came_s >= start_s)
    answered = under_way & columns.answered
    retried = answered & (columns.retries > 0)
    late = None if good_ms is None else int((answered & ~retried & (columns.ms > good_ms)).sum())
    return Paid(
        retried=int(retried.sum()),
        late=late,
        failed=int((under_way & (columns.outcome == FAIL)).sum()),
        unknown=int((under_way & (columns.outcome == INFO)).sum()),
        slowest_ms=columns.slowest_ms(answered),
        retried_ms=columns.slowest_ms(retried),
    )
