"""Figures of a run: how many, how fast, how much was left to do it with. Pure functions over requests and records.

Times are seconds since the run began, latencies milliseconds from when a request was due. A quantile is always a value
that occurred (nearest rank): between two points nothing was measured. What the charts draw is in `reports.series`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from reports.history import OpType, Request
from reports.moments import Moments, ascending
from reports.record import Record
from reports.windows import FaultWindow

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WARM_UP_S: Final = 0.5  # the first requests of a load pay for connections that the others find open
ENOUGH: Final = 20  # points; with fewer, a p99 is the slowest request under another name


@dataclass(frozen=True, slots=True)
class Figures:
    """`figures` of verdicts.json. The quantiles are over `ok` points; None where there is nothing to measure.

    `refused` are those of the `failed` that were turned away as promised, and are not lost.
    """

    requests: int
    ok: int
    failed: int
    unknown: int
    goodput_rps: float | None
    p50_ms: float | None
    p99_ms: float | None
    retries: int
    refused: int = 0

    def to_json(self) -> dict[str, float | int | None]:
        """Microseconds and thousandths of a request are as fine as a clock under load deserves."""
        return {
            "requests": self.requests,
            "ok": self.ok,
            "failed": self.failed,
            "unknown": self.unknown,
            "goodput_rps": _rounded(self.goodput_rps),
            "p50_ms": _rounded(self.p50_ms),
            "p99_ms": _rounded(self.p99_ms),
            "retries": self.retries,
            "refused": self.refused,
        }


@dataclass(frozen=True, slots=True)
class SteadyState:
    """What the system did in [start_s, end_s), before anything was done to it; `count` ok answers are behind it."""

    start_s: float
    end_s: float
    count: int
    goodput_rps: float
    p50_ms: float
    p99_ms: float

    def to_json(self) -> dict[str, float | int]:
        return {name: round(value, 3) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class TooFewPoints:
    """Why there is no steady state to compare with."""

    count: int
    needed: int

    def __str__(self) -> str:
        return f"no steady state: {self.count} answers before the first fault, {self.needed} are needed"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which the same nodes could serve; `share` is theirs of all capacity, from 0 to 1."""

    start_s: float
    end_s: float
    share: float


def quantile(values: Iterable[float], q: float) -> float | None:
    """The smallest value that at least a share `q` of all do not exceed; None of nothing."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(q * len(ordered)) - 1)] if ordered else None


def latencies_ms(requests: Iterable[Request]) -> list[float]:
    """Of the requests that were answered ok, in the order of asking."""
    return [
        latency_s * 1000
        for request in requests
        if request.outcome is OpType.OK and (latency_s := request.latency_s) is not None
    ]


def lateness_ms(requests: Iterable[Request]) -> dict[int, float]:
    """How late each was sent that had a time to be sent at, by the index of its op."""
    return {each.invoked_op: (each.invoked_s - each.due_s) * 1000 for each in requests if each.scheduled}


def figures(requests: Sequence[Request], moments: Moments | None = None) -> Figures:
    """Goodput is ok answers over the time from the first request's due time to the last answer. `moments` are those of
    the requests, where somebody has them already.
    """
    moments = moments or Moments(requests)
    latencies = ascending(moments.latencies_ms[moments.ok])
    return Figures(
        requests=len(requests),
        ok=len(latencies),
        failed=sum(request.outcome is OpType.FAIL for request in requests),
        unknown=sum(request.outcome is OpType.INFO for request in requests),
        goodput_rps=_goodput(moments) if requests else None,
        p50_ms=quantile(latencies, 0.5),
        p99_ms=quantile(latencies, 0.99),
        retries=sum(request.retries for request in requests),
        refused=sum(request.refused for request in requests if request.outcome is OpType.FAIL),
    )


def steady_state(record: Record, *, warm_up_s: float = WARM_UP_S, at_least: int = ENOUGH) -> SteadyState | TooFewPoints:
    """The ok answers between the warm-up and the first fault, or the last due time where no fault was injected.

    A request still out when the fault strikes is not among them, for the fault may have touched it.
    """
    moments = record.moments
    return steady_answers(
        *(moments.due_s, moments.completed_s, moments.ok, record.windows), warm_up_s=warm_up_s, at_least=at_least
    )


def steady_answers(
    due_s: NDArray[np.float64],
    completed_s: NDArray[np.float64],
    ok: NDArray[np.bool_],
    windows: Sequence[FaultWindow],
    *,
    warm_up_s: float = WARM_UP_S,
    at_least: int = ENOUGH,
) -> SteadyState | TooFewPoints:
    """The same of requests as arrays: when each was due, when it came back (NaN: never), whether it was ok."""
    import numpy as np  # noqa: PLC0415 - see reports/moments.py

    if not len(due_s):
        return TooFewPoints(0, at_least)
    start_s = float(np.min(due_s)) + warm_up_s
    end_s = min((window.injected_s for window in windows), default=float(np.max(due_s)))
    within = ok & (start_s <= completed_s) & (completed_s < end_s)
    latencies = ascending((completed_s[within] - due_s[within]) * 1000)
    p50_ms, p99_ms = quantile(latencies, 0.5), quantile(latencies, 0.99)
    if len(latencies) < at_least or p50_ms is None or p99_ms is None:
        return TooFewPoints(len(latencies), at_least)
    return SteadyState(start_s, end_s, len(latencies), len(latencies) / (end_s - start_s), p50_ms, p99_ms)


def surviving_capacity(record: Record, start_s: float, end_s: float) -> tuple[Stretch, ...]:
    """[start_s, end_s) cut at every injection and healing, with what could serve in between.

    All work passes through a node that does none of its own (the coordinator): without it nothing is left.
    """
    edges = {start_s, end_s}
    for window in record.windows:
        edges.update(edge for edge in (window.injected_s, window.end_s) if start_s < edge < end_s)
    return tuple(Stretch(a, b, _share(record, a, b)) for a, b in pairwise(sorted(edges)))


def _share(record: Record, start_s: float, end_s: float) -> float:
    """Of a time within which no window opens or closes."""
    capacity = record.capacity
    out = {
        node
        for window in record.windows
        if window.injected_s < end_s and start_s < window.end_s
        for node in window.takes_out
    }
    if not out:
        return 1.0
    if not out <= capacity.keys():
        return 0.0
    # Sorted: a sum of floats depends on its order, and a set's order on the process.
    return sum(capacity[node] for node in sorted(capacity.keys() - out)) / sum(capacity.values())


def _goodput(moments: Moments) -> float | None:
    answers = moments.answered_s
    if not answers:
        return 0.0
    span_s = answers[-1] - moments.span_s[0]
    return len(answers) / span_s if span_s > 0 else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
