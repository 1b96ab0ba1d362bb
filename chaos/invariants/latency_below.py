from __future__ import annotations

from math import inf
from typing import Annotated

from annotated_types import Gt, Lt

from chaos.invariants.invariant import invariant
from chaos.invariants.noise import unless_noisy
from chaos.invariants.wording import count
from reports.measure import ENOUGH, quantile
from reports.moments import ascending
from reports.record import Record
from reports.verdict import Finding, Verdict


@invariant
def latency_below(
    record: Record,
    ms: Annotated[float, Gt(0)],
    *,
    at: Annotated[float, Gt(0), Lt(1)] = 0.99,
    since_s: float = 0.0,
    until_s: float | None = None,
) -> Finding:
    """The quantile `at` of the latencies of ok answers is at most `ms`; of those due in [`since_s`, `until_s`).

    Fewer answers than a quantile can be read from decide nothing. How many there should have been is for others to say.
    """
    end_s = inf if until_s is None else until_s
    moments = record.moments
    judged = moments.ok & (since_s <= moments.due_s) & (moments.due_s < end_s)
    latencies = ascending(moments.latencies_ms[judged])
    found_ms = quantile(latencies, at)
    needed = max(ENOUGH, round(1 / (1 - at)))
    if found_ms is None or len(latencies) < needed:
        message = f"{count(len(latencies), 'answer')} in that time, {needed} are needed"
        return Finding("latency_below", Verdict.INCONCLUSIVE, message)
    figures = {"answers": len(latencies), "quantile": at, "found_ms": round(found_ms, 3), "promised_ms": ms}
    message = f"{found_ms:.0f} ms at quantile {at:g} of {count(len(latencies), 'answer')}, {ms:g} ms promised"
    if found_ms <= ms:
        return Finding("latency_below", Verdict.HELD, message, (), figures)
    slow = tuple(record.requests[at].op for at in (judged & (moments.latencies_ms > ms)).nonzero()[0].tolist())
    finding = Finding("latency_below", Verdict.VIOLATED, message, slow, figures)
    return unless_noisy(finding, record, since_s, end_s)
