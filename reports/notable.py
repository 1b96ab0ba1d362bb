"""The requests of a run that are worth a look: those that evidence points at, those that fared worst, the slowest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reports.history import OpType, Request
from reports.record import Record
from reports.verdict import Finding


@dataclass(frozen=True, slots=True)
class Notable:
    """One request, by the op that evidence points at, and why it is here."""

    op: int
    why: str


def requests_by_op(record: Record) -> dict[int, Request]:
    """Both ops of each request lead to it."""
    found = {}
    for request in record.requests:
        found[request.invoked.index] = request
        if request.completed is not None:
            found[request.completed.index] = request
    return found


def notable(record: Record, findings: Iterable[Finding], *, slowest: int = 10, most: int = 60) -> tuple[Notable, ...]:
    """Each request once, with the first reason it has: evidence, unknown, failed, retried, slow."""
    by_op = requests_by_op(record)
    why: dict[int, str] = {}
    for finding in findings:
        for evidence in finding.evidence:
            if isinstance(evidence, int) and evidence in by_op:
                why.setdefault(by_op[evidence].op, f"evidence of {finding.name}")
    for outcome, word in ((OpType.INFO, "unknown"), (OpType.FAIL, "failed")):
        for request in record.requests:
            if request.outcome is outcome:
                why.setdefault(request.op, word)
    retried = sorted((each for each in record.requests if each.retries), key=lambda each: -each.retries)
    for request in retried:
        why.setdefault(request.op, f"retried {request.retries} times" if request.retries > 1 else "retried once")
    answered = [each for each in record.requests if each.latency_s is not None and each.outcome is OpType.OK]
    for request in sorted(answered, key=_latency_s, reverse=True)[:slowest]:
        why.setdefault(request.op, f"slow: {1000 * _latency_s(request):,.0f} ms")
    return tuple(Notable(op, reason) for op, reason in list(why.items())[:most])


def _latency_s(request: Request) -> float:
    return request.latency_s or 0.0
