"""What the charts draw, computed: requests, latencies and answers over time. Pure functions over requests.

Times are seconds since the run began. A bucket is half open, [start, end). A bucket without the points that a quantile
needs has no quantile: a gap is drawn as a gap.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np

from reports.history import History, OpType, Request
from reports.measure import ENOUGH, quantile
from reports.request_columns import FAIL, INFO, OK, OUTCOMES, Floats, Integers, RequestColumns

WIDTHS_S: Final = (0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
LEVELS: Final = 24  # buckets of quantiles, at most: few enough to write under each how many points it has


@dataclass(frozen=True, slots=True)
class OutcomeBucket:
    """Requests that were due in [start_s, end_s), by how they ended, and how many answers arrived in that time."""

    start_s: float
    end_s: float
    ok: int
    failed: int
    unknown: int
    answers: int


@dataclass(frozen=True, slots=True)
class LatencyPoint:
    """One request that came back: when it was due, how long until then, how it ended, how often it was tried again.

    `op` is the index that evidence points at, where there is one.
    """

    due_s: float
    ms: float
    outcome: OpType
    retries: int
    op: int = field(default=-1, compare=False)


@dataclass(frozen=True, slots=True)
class QuantileBucket:
    """Latency of the requests due in [start_s, end_s) that were answered; None where `points` are too few to say."""

    start_s: float
    end_s: float
    points: int
    p50_ms: float | None
    p99_ms: float | None


@dataclass(frozen=True, slots=True)
class WorkerBucket:
    """Answers of one worker that arrived in [start_s, end_s)."""

    worker: str
    start_s: float
    end_s: float
    answers: int


def shown_s(history: History) -> float:
    """How far a chart's time axis reaches; a run that hardly began still has one."""
    return max(1.0, history.duration_s)


def bucket_width(span_s: float, at_most: int) -> float:
    """The narrowest round width that cuts `span_s` into no more than `at_most` buckets."""
    return next((width for width in WIDTHS_S if span_s <= width * at_most), WIDTHS_S[-1])


def edges(span_s: float, width_s: float) -> tuple[tuple[float, float], ...]:
    """The buckets that cover [0, span_s]. The last ends there, up to a quarter longer than the others."""
    count = max(1, math.ceil(span_s / width_s - 0.25))
    return tuple(pairwise([*(round(number * width_s, 6) for number in range(count)), span_s]))


def outcomes_over_time(
    requests: Iterable[Request] | RequestColumns, span_s: float, width_s: float
) -> tuple[OutcomeBucket, ...]:
    columns = _columns(requests)
    buckets = edges(span_s, width_s)
    due = _places(columns.due_s, width_s, len(buckets))
    asked = (np.bincount(due[columns.outcome == each], minlength=len(buckets)) for each in (OK, FAIL, INFO))
    came = _places(columns.completed_s[columns.answered], width_s, len(buckets))
    counts = [each.tolist() for each in (*asked, np.bincount(came, minlength=len(buckets)))]
    return tuple(OutcomeBucket(start, end, *told) for (start, end), *told in zip(buckets, *counts, strict=True))


def drawn_points(requests: RequestColumns, at_most: int) -> tuple[LatencyPoint, ...]:
    """Every request that came back, whatever the answer was; of very many, the slowest and fastest of every stretch.

    No more than `at_most` of those that were answered at once, and no more than that of what a reader looks for: what
    was not answered, or only after a retry. One that never came back has no latency and is not here.
    """
    back = np.flatnonzero(requests.came_back)
    plain = (requests.outcome[back] == OK) & (requests.retries[back] == 0)
    kept = [_extremes(places, requests.ms, at_most) for places in (back[plain], back[~plain])]
    places = np.sort(np.concatenate(kept))
    columns = (requests.due_s, requests.ms, requests.outcome, requests.retries, requests.op)
    rows = zip(*(column[places].tolist() for column in columns), strict=True)
    return tuple(LatencyPoint(due_s, ms, OUTCOMES[outcome], retries, op) for due_s, ms, outcome, retries, op in rows)


def _extremes(places: Integers, ms: Floats, at_most: int) -> Integers:
    """Of places in the order of time, those with the least and the most `ms` of every stretch; all, if they are few."""
    if len(places) <= at_most:
        return places
    stretch = math.ceil(len(places) / max(1, at_most // 2))
    parts = [places[start : start + stretch] for start in range(0, len(places), stretch)]
    kept = {int(part[find(ms[part])]) for part in parts for find in (np.argmin, np.argmax)}
    return np.array(sorted(kept), dtype=np.int64)


def silent(requests: RequestColumns, at_most: int = 500) -> tuple[float, ...]:
    """When those were due that nothing ever came back for; of very many, some from each stretch of time."""
    due_s = requests.due_s[~requests.came_back]
    return tuple(due_s[:: math.ceil(len(due_s) / at_most) or 1].tolist())


def levels_over_time(requests: RequestColumns, span_s: float, width_s: float) -> tuple[QuantileBucket, ...]:
    """`quantiles_over_time` of all of them."""
    buckets = edges(span_s, width_s)
    place = _places(requests.due_s[requests.answered], width_s, len(buckets))
    order = np.argsort(place, kind="stable")
    ms = requests.ms[requests.answered][order]
    bounds = np.searchsorted(place[order], np.arange(len(buckets) + 1))
    told = []
    for (start, end), first, last in zip(buckets, bounds[:-1], bounds[1:], strict=True):
        ordered = np.sort(ms[first:last])
        p99 = _rank(ordered, 0.99) if len(ordered) >= ENOUGH else None
        told.append(QuantileBucket(start, end, len(ordered), _rank(ordered, 0.5), p99))
    return tuple(told)


def quantiles_over_time(points: Iterable[LatencyPoint], span_s: float, width_s: float) -> tuple[QuantileBucket, ...]:
    buckets = edges(span_s, width_s)
    answered: list[list[float]] = [[] for _ in buckets]
    for point in points:
        if point.outcome is OpType.OK:
            answered[_bucket(point.due_s, width_s, len(buckets))].append(point.ms)
    return tuple(
        QuantileBucket(
            start,
            end,
            len(ms),
            quantile(ms, 0.5),
            quantile(ms, 0.99) if len(ms) >= ENOUGH else None,
        )
        for (start, end), ms in zip(buckets, answered, strict=True)
    )


def answers_by_worker(
    requests: Iterable[Request] | RequestColumns, workers: Iterable[str], span_s: float, width_s: float
) -> tuple[WorkerBucket, ...]:
    """Answers over time of every worker named, and of every other that answered; a silent one is there with zeros."""
    columns = _columns(requests)
    buckets = edges(span_s, width_s)
    came = _places(columns.completed_s, width_s, len(buckets))
    counts = {worker: [0] * len(buckets) for worker in workers}
    for number, worker in [*enumerate(columns.workers), (-1, "not named")]:
        theirs = columns.answered & (columns.worker == number)
        if theirs.any():
            counts[worker] = np.bincount(came[theirs], minlength=len(buckets)).tolist()
    return tuple(
        WorkerBucket(worker, start, end, count)
        for worker in sorted(counts)
        for (start, end), count in zip(buckets, counts[worker], strict=True)
    )


def _columns(requests: Iterable[Request] | RequestColumns) -> RequestColumns:
    return requests if isinstance(requests, RequestColumns) else RequestColumns.of(requests)


def _places(at_s: Floats, width_s: float, count: int) -> Integers:
    """`_bucket` of each; what is no time is in the first."""
    places: Integers = np.clip(np.nan_to_num(np.floor(at_s / width_s + 1e-9)), 0, count - 1).astype(np.int64)
    return places


def _rank(ordered: Floats, q: float) -> float | None:
    """`reports.measure.quantile` of what is in order."""
    return float(ordered[max(0, math.ceil(q * len(ordered)) - 1)]) if len(ordered) else None


def _bucket(at_s: float, width_s: float, count: int) -> int:
    # The tiny shift keeps a time that decimal fractions put just below an edge in the bucket it belongs to.
    return min(count - 1, max(0, math.floor(at_s / width_s + 1e-9)))
