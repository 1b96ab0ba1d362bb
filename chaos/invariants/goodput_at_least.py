from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Annotated

from annotated_types import Gt, Le

from chaos.invariants.invariant import invariant
from chaos.invariants.noise import spoiled, unless_noisy
from reports.measure import ENOUGH, TooFewPoints, quantile, steady_state, surviving_capacity
from reports.record import Record
from reports.verdict import Finding, Verdict


@invariant
def goodput_at_least(record: Record, share: Annotated[float, Gt(0), Le(1)]) -> Finding:
    """From the first injection until the last request was due, ok answers came at `share` of the rate to be expected.

    To be expected is the steady goodput times the capacity that survived at each moment, integrated; never more than
    there was to answer, where arrivals do not wait for answers. An answer counts when it comes: before the first
    injection it is steady state, after the last arrival it is drain, which no arrivals stand against. So what is out at
    the first injection counts and what is out at the end does not; in a steady flow the two are equal.

    Without faults the whole run is judged against the rate of its own arrivals.
    """
    finding = _under_faults(record, share) if record.windows else _undisturbed(record, share)
    return unless_noisy(finding, record)


def _under_faults(record: Record, share: float) -> Finding:
    steady = steady_state(record)
    if isinstance(steady, TooFewPoints):
        return _undecided(str(steady))
    if why := spoiled(record, steady.start_s, steady.end_s):
        return _undecided(why)
    start_s, (_, end_s) = steady.end_s, record.moments.span_s
    if end_s <= start_s:
        return _undecided("no request was due after the first fault")
    if not record.capacity and any(window.takes_out for window in record.windows):
        return _undecided("the run does not say how much of the work each node does")
    stretches = surviving_capacity(record, start_s, end_s)
    expected = steady.goodput_rps * sum(each.share * (each.end_s - each.start_s) for each in stretches)
    answers = record.moments.answered_s
    before = bisect_left(answers, start_s)
    if all(request.scheduled for request in record.requests):
        expected = min(expected, _to_answer(record, start_s))
    if expected <= 0:
        return _undecided("nothing could be expected: no capacity survived")
    return _compared(bisect_right(answers, end_s) - before, expected, end_s - start_s, share)


def _to_answer(record: Record, start_s: float) -> int:
    """Requests that were out at `start_s` or due after it."""
    return int((~(record.moments.completed_s < start_s)).sum())  # what is compared with NaN is not less


def _undisturbed(record: Record, share: float) -> Finding:
    requests = record.requests
    if len(requests) < ENOUGH:
        return _undecided(f"{len(requests)} requests were asked, {ENOUGH} are needed")
    (start_s, end_s), answers = record.moments.span_s, record.moments.answered_s
    if end_s <= start_s:
        return _undecided("all requests were due at the same moment: they have no rate")
    if not answers:
        return _compared(0, len(requests), end_s - start_s, share)
    # Answering that takes longer than asking did is overload, and is not given away; the slowest 1 % are not a rate.
    asked_s = _nearly_all(request.due_s for request in requests) - start_s
    slowed = (_nearly_all(answers) - start_s) / asked_s if asked_s > 0 else 1.0
    return _compared(len(answers) / max(1.0, slowed), len(requests), end_s - start_s, share)


def _nearly_all(times_s: Iterable[float]) -> float:
    return quantile(times_s, 0.99) or 0.0


def _compared(got: float, expected: float, time_s: float, share: float) -> Finding:
    figures = {
        "expected_rps": round(expected / time_s, 3),
        "got_rps": round(got / time_s, 3),
        "ratio": round(got / expected, 4),
        "judged_s": round(time_s, 3),
    }
    verdict = Verdict.HELD if got >= share * expected else Verdict.VIOLATED
    message = (
        f"{got / time_s:.1f} answers/s where {expected / time_s:.1f} were to be expected: "
        f"{got / expected:.2f} of it, {share:.2f} promised"
    )
    return Finding("goodput_at_least", verdict, message, (), figures)


def _undecided(why: str) -> Finding:
    return Finding("goodput_at_least", Verdict.INCONCLUSIVE, why)
