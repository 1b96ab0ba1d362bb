from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Annotated

from annotated_types import Ge, Gt, Le

from chaos.invariants.invariant import invariant
from chaos.invariants.noise import spoiled, unless_noisy
from chaos.invariants.outages import Outage, outages_of
from reports.measure import TooFewPoints, steady_state
from reports.record import Record
from reports.service import FLOOR_MS, SHARE, SLOWDOWN, WINDOW_S, Arrivals
from reports.service import bound_ms as bound_of
from reports.verdict import Finding, Verdict


@dataclass(frozen=True, slots=True)
class Recovery:
    """When service was good again after an outage, in seconds since healing; None when that was not seen.

    The moment lies between the last arrival before the first good window and that window's own first arrival.
    """

    outage: Outage
    verdict: Verdict
    after_s: float | None


@invariant
def recovers_within(
    record: Record,
    seconds: Annotated[float, Gt(0)],
    *,
    share: Annotated[float, Gt(0), Le(1)] = SHARE,
    slowdown: Annotated[float, Ge(1)] = SLOWDOWN,
    floor_ms: Annotated[float, Gt(0)] = FLOOR_MS,
) -> Finding:
    """`seconds` after each fault was healed, service is what it was before.

    It is when, of all requests due in one second, `share` are answered ok within `slowdown` times the steady p99, or
    `floor_ms` where that is more (a p99 of a few milliseconds, tripled, is still the noise of a busy machine). The
    recovery time runs from healing to the first such second. Of faults that overlap, or follow within a
    second of healing, the last healing counts.

    A fault that was never healed, or a run that ends or breaks something else before the time is over, decides nothing.
    """
    steady = steady_state(record)
    if isinstance(steady, TooFewPoints):
        message = f"{steady}; start the fault later or raise the rate"
        return Finding("recovers_within", Verdict.INCONCLUSIVE, message)
    if not record.windows:
        return Finding("recovers_within", Verdict.INCONCLUSIVE, "no fault was healed: there is nothing to recover from")
    if why := spoiled(record, steady.start_s, steady.end_s):
        return Finding("recovers_within", Verdict.INCONCLUSIVE, why)
    outages = outages_of(record, apart_s=WINDOW_S)
    bound_ms = bound_of(steady.p99_ms, slowdown, floor_ms)
    moments = record.moments
    arrivals = Arrivals(moments.due_s, moments.ok, moments.latencies_ms, bound_ms, share)
    recoveries = [_recovery(outage, arrivals, seconds) for outage in outages]
    verdict = Verdict.merge(each.verdict for each in recoveries)
    seen = [each.after_s for each in recoveries if each.after_s is not None]
    finding = Finding(
        "recovers_within",
        verdict,
        "; ".join(_told(each, seconds) for each in recoveries if each.verdict is verdict),
        tuple(op for each in recoveries if each.verdict is verdict for fault in each.outage.faults for op in fault.ops),
        {
            "outages": len(outages),
            "slowest_recovery_s": round(max(seen), 3) if len(seen) == len(recoveries) else None,
            "bound_ms": round(bound_ms, 3),
        },
    )
    return unless_noisy(finding, record, steady.end_s)


def _recovery(outage: Outage, arrivals: Arrivals, seconds: float) -> Recovery:
    if outage.healed_s == inf:
        return Recovery(outage, Verdict.INCONCLUSIVE, None)
    still_bad_s, after_s = arrivals.good_after_s(outage.healed_s, outage.until_s)
    return Recovery(outage, _verdict(still_bad_s, inf if after_s is None else after_s, seconds), after_s)


def _verdict(still_bad_s: float, good_s: float, seconds: float) -> Verdict:
    """Between the two nobody asked, or nobody could ask any more."""
    if good_s <= seconds:
        return Verdict.HELD
    return Verdict.VIOLATED if still_bad_s > seconds else Verdict.INCONCLUSIVE


def _told(recovery: Recovery, seconds: float) -> str:
    name, after_s = recovery.outage.name, recovery.after_s
    if recovery.verdict is Verdict.HELD:
        return f"{name}: recovered {after_s:.2f} s after healing"
    if recovery.verdict is Verdict.VIOLATED:
        at_last = "nor for as long as anybody asked" if after_s is None else f"only after {after_s:.2f} s"
        return f"{name}: not recovered {seconds:g} s after healing, {at_last}"
    if recovery.outage.healed_s == inf:
        return f"{name}: never healed"
    return f"{name}: too little was asked after healing to tell whether it took {seconds:g} s"
