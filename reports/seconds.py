"""Whether two single runs differ, by the seconds that they are made of (`reports.compare` says what that is worth).

Seconds are resampled, not requests: those of one second wait for the same batch, the same worker, the same fault.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from reports.compare import (
    MEASURES,
    USUAL,
    Comparison,
    Difference,
    Measure,
    Rules,
    bootstrapped,
    concluded,
    leaves_out_zero,
    unknown,
    unless_noisy,
)
from reports.history import OpType, Request
from reports.measure import ENOUGH, latencies_ms, quantile
from reports.noise import noise
from reports.record import Record

QUANTILES: Final = {"p50": 0.5, "p99": 0.99}
ENOUGH_S: Final = 10  # whole seconds of load on each side
RESAMPLES: Final = 1_000  # each pools thousands of latencies anew


def compare_runs(first: Record, second: Record, rules: Rules = USUAL) -> tuple[Comparison, ...]:
    """Each measure but recovery, which happens once in a run and cannot be resampled."""
    noisy = next((seen.spoils_rates for each in (first, second) if (seen := noise(each)) and seen.spoils_rates), None)
    left, right = _seconds(first), _seconds(second)
    measures = (measure for measure in MEASURES if measure.name != "recovery")
    return tuple(unless_noisy(_of_seconds(measure, left, right, rules), noisy) for measure in measures)


@dataclass(frozen=True, slots=True)
class _Second:
    """The requests due in one second, and the answers that came in it."""

    requests: int
    answers: int
    lost: int
    retries: int
    latencies_ms: tuple[float, ...]


def _seconds(record: Record) -> tuple[_Second, ...]:
    """Whole seconds of the load only."""
    requests = record.requests
    if not requests:
        return ()
    start_s, end_s = record.moments.span_s
    count = math.floor(end_s - start_s)
    due: list[list[Request]] = [[] for _ in range(count)]
    answers = [0] * count
    for request in requests:
        if (second := math.floor(request.due_s - start_s)) < count:
            due[second].append(request)
        if request.outcome is OpType.OK and request.completed_s is not None:
            second = math.floor(request.completed_s - start_s)
            if second < count:
                answers[second] += 1
    return tuple(
        _Second(
            requests=len(asked),
            answers=came,
            lost=sum(each.outcome is not OpType.OK for each in asked),
            retries=sum(each.retries for each in asked),
            latencies_ms=tuple(latencies_ms(asked)),
        )
        for asked, came in zip(due, answers, strict=True)
    )


def _measured(measure: Measure, seconds: Sequence[_Second]) -> float | None:
    if measure.name in QUANTILES:
        return quantile((ms for each in seconds for ms in each.latencies_ms), QUANTILES[measure.name])
    asked = sum(each.requests for each in seconds)
    match measure.name:
        case "goodput":
            return sum(each.answers for each in seconds) / len(seconds) if seconds else None
        case "retries":
            return sum(each.retries for each in seconds) / asked if asked else None
        case _:
            return sum(each.lost for each in seconds) / asked if asked else None


def _enough(measure: Measure, seconds: Sequence[_Second]) -> bool:
    """Whether a quantile of all of them is one; of those that are resampled there may be fewer."""
    return measure.name not in QUANTILES or sum(len(each.latencies_ms) for each in seconds) >= ENOUGH


def _of_seconds(measure: Measure, first: Sequence[_Second], second: Sequence[_Second], rules: Rules) -> Comparison:
    left, right = (_measured(measure, side) if _enough(measure, side) else None for side in (first, second))
    measured = ([] if left is None else [left], [] if right is None else [right])
    if left is None or right is None:
        return unknown(measure, *measured, "too little was measured on one side")
    if (seconds := min(len(first), len(second))) < ENOUGH_S:
        return unknown(measure, *measured, f"{seconds} whole seconds of load; {ENOUGH_S} are needed")
    low, high = _interval(measure, first, second, rules)
    if math.isnan(low) or math.isnan(high):
        return unknown(measure, *measured, "so little was measured that some of the seconds say nothing")
    return concluded(measure, Difference(left, right, low, high, leaves_out_zero(low, high)), rules)


def _interval(
    measure: Measure, first: Sequence[_Second], second: Sequence[_Second], rules: Rules
) -> tuple[float, float]:
    """NaN where a resample may have nothing in it."""
    from scipy.stats import DegenerateDataWarning  # noqa: PLC0415 - see reports/compare.py

    def difference(some: Sequence[float], others: Sequence[float]) -> float:
        right = _measured(measure, [second[int(at)] for at in others])
        left = _measured(measure, [first[int(at)] for at in some])
        return math.nan if left is None or right is None else right - left

    with warnings.catch_warnings():
        # Of resamples with nothing in them, which is told instead.
        warnings.simplefilter("ignore", DegenerateDataWarning)
        return bootstrapped((range(len(first)), range(len(second))), difference, rules, RESAMPLES, vectorized=False)
