from __future__ import annotations

from typing import Literal, TypeAlias

from chaos.invariants.invariant import invariant
from chaos.invariants.wording import count, in_force, listing, span, unanswered
from reports.history import OpType
from reports.record import Record
from reports.verdict import Finding, Verdict

Refusals: TypeAlias = Literal["lost", "allowed"]


@invariant
def no_loss(record: Record, *, refusals: Refusals = "lost") -> Finding:
    """Every request was answered ok, or refused where the system promises to refuse such an input.

    A request whose fate is unknown, or that nobody had answered when the run ended, is lost: its client has no answer,
    whatever the system did. One that was certainly not accepted (connection refused, 503, 4xx) is lost as well, unless
    `refusals` are "allowed", as under overload.
    """
    asked = [each for each in record.requests if not each.rightly_refused]
    judged = [each for each in asked if refusals == "lost" or each.outcome is not OpType.FAIL]
    if not judged:
        requests = len(record.requests)
        why = f"all of {count(requests, 'request')} were refused" if requests else "no request was asked"
        return Finding("no_loss", Verdict.INCONCLUSIVE, f"{why}: nothing could be lost")
    lost = [request for request in judged if request.outcome is not OpType.OK]
    figures = {"requests": len(record.requests), "judged": len(judged), "lost": len(lost)}
    if not lost:
        return Finding("no_loss", Verdict.HELD, f"{count(len(judged), 'request')} asked, all answered", figures=figures)
    asked_s = [request.invoked_s for request in lost]
    until_s = max(record.history.duration_s if each.completed_s is None else each.completed_s for each in lost)
    return Finding(
        "no_loss",
        Verdict.VIOLATED,
        f"{len(lost)} of {count(len(judged), 'request')} lost, asked {span(asked_s)} "
        f"({in_force(record.windows, min(asked_s), until_s)}): {listing([unanswered(request) for request in lost])}",
        tuple(request.op for request in lost),
        figures,
    )
