"""What the charts draw, computed: requests, latencies and answers over time. Pure functions over requests.

Times are seconds since the run began. A bucket is half open, [start, end). A bucket without the points that a quantile
needs has no quantile: a gap is drawn as a gap.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from reports.history import History, OpType, Request
from reports.measure import ENOUGH, quantile

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


def outcomes_over_time(requests: Iterable[Request], span_s: float, width_s: float) -> tuple[OutcomeBucket, ...]:
    buckets = edges(span_s, width_s)
    asked: dict[OpType, list[int]] = {each: [0] * len(buckets) for each in (OpType.OK, OpType.FAIL, OpType.INFO)}
    answers = [0] * len(buckets)
    for request in requests:
        asked[request.outcome][_bucket(request.due_s, width_s, len(buckets))] += 1
        if request.outcome is OpType.OK and request.completed_s is not None:
            answers[_bucket(request.completed_s, width_s, len(buckets))] += 1
    ends = zip(buckets, asked[OpType.OK], asked[OpType.FAIL], asked[OpType.INFO], answers, strict=True)
    return tuple(OutcomeBucket(start, end, *counts) for (start, end), *counts in ends)


def latency_points(requests: Iterable[Request]) -> tuple[LatencyPoint, ...]:
    """Every request that came back, whatever the answer was. One that never did has no latency and is not here."""
    return tuple(
        LatencyPoint(request.due_s, latency_s * 1000, request.outcome, request.retries, request.op)
        for request in requests
        if (latency_s := request.latency_s) is not None
    )


def thinned(points: Sequence[LatencyPoint], at_most: int) -> tuple[LatencyPoint, ...]:
    """No more than `at_most` of the answered points, the slowest and fastest of every stretch of time among them.

    What was not answered, or only after a retry, is what a reader looks for: all of those stay.
    """
    plain = [point for point in points if point.outcome is OpType.OK and not point.retries]
    if len(plain) <= at_most:
        return tuple(points)
    stretch = math.ceil(len(plain) / max(1, at_most // 2))
    kept: set[LatencyPoint] = set()
    for start in range(0, len(plain), stretch):
        part = plain[start : start + stretch]
        kept.update((min(part, key=_ms), max(part, key=_ms)))
    return tuple(point for point in points if point in kept or point.outcome is not OpType.OK or point.retries)


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
    requests: Iterable[Request], workers: Iterable[str], span_s: float, width_s: float
) -> tuple[WorkerBucket, ...]:
    """Answers over time of every worker named, and of every other that answered; a silent one is there with zeros."""
    buckets = edges(span_s, width_s)
    counts = {worker: [0] * len(buckets) for worker in workers}
    for request in requests:
        if request.outcome is not OpType.OK or request.completed_s is None:
            continue
        worker = str(request.answer.get("worker") or "not named")
        counts.setdefault(worker, [0] * len(buckets))[_bucket(request.completed_s, width_s, len(buckets))] += 1
    return tuple(
        WorkerBucket(worker, start, end, count)
        for worker in sorted(counts)
        for (start, end), count in zip(buckets, counts[worker], strict=True)
    )


def _bucket(at_s: float, width_s: float, count: int) -> int:
    # The tiny shift keeps a time that decimal fractions put just below an edge in the bucket it belongs to.
    return min(count - 1, max(0, math.floor(at_s / width_s + 1e-9)))


def _ms(point: LatencyPoint) -> float:
    return point.ms
