from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from annotated_types import Ge

from chaos.invariants.invariant import invariant
from chaos.invariants.noise import unless_noisy
from chaos.invariants.outages import Outage, outages_of
from chaos.invariants.wording import count, listing
from reports.history import Request
from reports.measure import ENOUGH
from reports.record import Record
from reports.verdict import Finding, Verdict


@invariant
def no_retry_storm(record: Record, *, within_s: Annotated[float, Ge(0)] = 2.0) -> Finding:
    """From `within_s` after each fault was healed until the next one, every request takes one attempt.

    Faults that follow sooner than that count as one. A run that asks too little after healing to tell, or whose answers
    do not say how often they were retried, decides nothing; nor does one without a fault, for nothing was stirred up.
    """
    answered = [each for each in record.requests if each.tells_retries]
    if not answered:
        why = "no answer says how often it was retried" if record.requests else "no request was asked"
        return Finding("no_retry_storm", Verdict.INCONCLUSIVE, why)
    if not record.windows:
        return Finding("no_retry_storm", Verdict.INCONCLUSIVE, "no fault was injected: nothing could set retries off")
    outages = outages_of(record, apart_s=within_s)
    after = {outage: _asked_after(answered, outage, within_s) for outage in outages}
    stirred = {outage: [each for each in later if each.retries] for outage, later in after.items()}
    figures = {
        "attempts_per_request": _attempts(answered),
        "attempts_per_request_after": _attempts([each for later in after.values() for each in later]),
    }
    if any(stirred.values()):
        message = "; ".join(_told(outage, retried, within_s) for outage, retried in stirred.items() if retried)
        evidence = tuple(sorted(each.op for retried in stirred.values() for each in retried))
        return unless_noisy(Finding("no_retry_storm", Verdict.VIOLATED, message, evidence, figures), record)
    if thin := [outage for outage, later in after.items() if len(later) < ENOUGH]:
        message = (
            f"too little was answered {within_s:g} s after {listing([each.name for each in thin])}, {ENOUGH} needed"
        )
        return Finding("no_retry_storm", Verdict.INCONCLUSIVE, message, (), figures)
    asked = sum(map(len, after.values()))
    message = f"{count(asked, 'request')} asked {within_s:g} s after healing, each answered at the first attempt"
    return Finding("no_retry_storm", Verdict.HELD, message, (), figures)


def _asked_after(answered: Sequence[Request], outage: Outage, within_s: float) -> list[Request]:
    """And answered before the next fault, which may have touched whatever was out when it struck."""
    return [
        each
        for each in answered
        if outage.healed_s + within_s <= each.invoked_s and (each.completed_s or each.invoked_s) < outage.until_s
    ]


def _attempts(requests: Sequence[Request]) -> float | None:
    return round(sum(1 + each.retries for each in requests) / len(requests), 4) if requests else None


def _told(outage: Outage, retried: Sequence[Request], within_s: float) -> str:
    named = listing([f"{each.label} ({each.retries}, asked at {each.invoked_s:.2f} s)" for each in retried])
    return f"{count(len(retried), 'request')} retried later than {within_s:g} s after {outage.name}: {named}"
