from __future__ import annotations

from collections import Counter
from typing import Annotated

from annotated_types import Ge, Gt

from chaos.invariants.invariant import invariant
from chaos.invariants.outages import outages_of
from chaos.invariants.wording import count, listing
from reports.measure import ENOUGH
from reports.record import Record
from reports.verdict import Finding, Verdict


@invariant
def fair_share(
    record: Record, within: Annotated[float, Gt(0)] = 0.3, *, grace_s: Annotated[float, Ge(0)] = 3.0
) -> Finding:
    """While nothing is broken, each worker answers its share of the requests, give or take `within` of that share.

    A worker's share is its capacity among that of all. Judged are the requests that were asked and answered while no
    fault was in force nor had been for `grace_s`, in which workers come back one by one. Fewer than 20 of them for each
    worker decide nothing, nor do answers that do not say whose they are.
    """
    capacity = record.capacity
    if len(capacity) < 2:
        message = f"{count(len(capacity), 'worker')}: there is nobody to share with"
        return Finding("fair_share", Verdict.INCONCLUSIVE, message)
    outages = outages_of(record, apart_s=grace_s) if record.windows else ()
    broken = [(min(each.injected_s for each in outage.faults), outage.healed_s + grace_s) for outage in outages]
    moments = record.moments
    whole_time = moments.ok
    for since_s, until_s in broken:
        whole_time = whole_time & ~((moments.invoked_s < until_s) & (since_s < moments.completed_s))
    answered = [record.requests[at] for at in whole_time.nonzero()[0].tolist()]
    named = Counter([str(each.answer["worker"]) for each in answered if "worker" in each.answer])
    judged = sum(named.values())
    whole = sum(capacity.values())
    shares = {worker: judged * capacity[worker] / whole for worker in capacity}
    figures = {"answers": judged, **{f"share_of_{worker}": _ratio(named[worker], judged) for worker in capacity}}
    if judged < len(answered) or judged < ENOUGH * len(capacity):
        anonymous = f", {len(answered) - judged} more do not say whose they are" if judged < len(answered) else ""
        message = f"{count(judged, 'answer')} while nothing was broken, {ENOUGH * len(capacity)} are needed{anonymous}"
        return Finding("fair_share", Verdict.INCONCLUSIVE, message, (), figures)
    unfair = [worker for worker in sorted(capacity) if abs(named[worker] - shares[worker]) > within * shares[worker]]
    if unfair:
        told = listing([f"{worker} gave {named[worker]}, {shares[worker]:.0f} is its share" for worker in unfair])
        message = f"{told}, of {count(judged, 'answer')}"
        ops = tuple(each.op for each in answered if each.answer.get("worker") in unfair)
        return Finding("fair_share", Verdict.VIOLATED, message, ops or tuple(unfair), figures)
    message = f"{count(judged, 'answer')} shared by {len(capacity)} workers, each within {within:.0%} of its part"
    return Finding("fair_share", Verdict.HELD, message, (), figures)


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
