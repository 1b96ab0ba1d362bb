from __future__ import annotations

from typing import Annotated

from annotated_types import Ge

from chaos.invariants.deadline_respected import WORKER_TIMEOUT_S
from chaos.invariants.invariant import invariant
from chaos.invariants.noise import unless_noisy
from chaos.invariants.wording import count, listing
from reports.history import OpType, Request
from reports.record import Record
from reports.verdict import Finding, Verdict


@invariant
def retries_explained(
    record: Record, *, at_most: Annotated[int, Ge(0)] = 2, grace_s: Annotated[float, Ge(0)] | None = None
) -> Finding:
    """No request was tried again more than `at_most` times, and none without a fault to explain it.

    A fault explains a retry when the request's life, from asking to answer, overlaps the fault's window or the
    `grace_s` seconds after it, in which attempts that were under way when it healed may still time out. Left out, the
    grace is the run's `worker_timeout_s`. An answer that does not say how often it was retried decides nothing.
    """
    told = [request for request in record.requests if request.tells_retries]
    if not told:
        why = "no answer says how often it was retried" if record.requests else "no request was asked"
        return Finding("retries_explained", Verdict.INCONCLUSIVE, why)
    grace = grace_s if grace_s is not None else float(record.settings.get("worker_timeout_s", WORKER_TIMEOUT_S))
    retried = [request for request in told if request.retries > 0]
    too_often = [request for request in retried if request.retries > at_most]
    unexplained = [request for request in retried if not _explained(record, request, grace)]
    figures = {
        "retried": len(retried),
        "most": max(request.retries for request in told),
        "too_often": len(too_often),
        "unexplained": len(unexplained),
    }
    if not too_often and not unexplained:
        answered = [request for request in record.requests if request.outcome is OpType.OK]
        if untold := [request for request in answered if not request.tells_retries]:
            message = f"{len(untold)} of {count(len(answered), 'answer')} do not say how often they were retried"
            evidence = tuple(request.op for request in untold)
            return Finding("retries_explained", Verdict.INCONCLUSIVE, message, evidence, figures)
        message = (
            f"{count(len(retried), 'request')} retried, at most {count(figures['most'], 'time')}, each under a fault"
        )
        if not retried:
            message = "nothing was retried"
        return Finding("retries_explained", Verdict.HELD, message, (), figures)
    complaints = []
    if too_often:
        complaints.append(f"{count(len(too_often), 'request')} retried more than {at_most} times: {_named(too_often)}")
    if unexplained:
        complaints.append(f"{count(len(unexplained), 'request')} retried without any fault: {_named(unexplained)}")
    evidence = tuple(sorted({request.op for request in (*too_often, *unexplained)}))
    finding = Finding("retries_explained", Verdict.VIOLATED, "; ".join(complaints), evidence, figures)
    return finding if too_often else unless_noisy(finding, record)  # what stands still is taken for silent


def _explained(record: Record, request: Request, grace_s: float) -> bool:
    ended_s = record.history.duration_s if request.completed_s is None else request.completed_s
    return any(window.overlaps(request.invoked_s, ended_s, grace_s=grace_s) for window in record.windows)


def _named(requests: list[Request]) -> str:
    return listing([f"{request.label} ({request.retries}, asked at {request.invoked_s:.2f} s)" for request in requests])
