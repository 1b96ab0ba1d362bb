from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chaos.invariants.invariant import invariant
from chaos.invariants.wording import count, listing, unanswered
from reports.history import OpType, Request
from reports.record import Record
from reports.verdict import Finding, Verdict
from reports.windows import FaultWindow


@invariant
def drained(record: Record, node: str) -> Finding:
    """Each time `node` was told to end, it finished or refused all it had accepted, and ended by itself with code 0.

    What was out when it was told is answered ok; so is what was asked until it was back, or it is refused. Only where
    nothing works without the node may those who come meanwhile find nobody (a connection that ends without an answer).
    A node seen to drain but not to end decides nothing; give it more time before its restart. Nor does one that was
    told while nothing was out, for it had nothing to finish.
    """
    windows = [each for each in record.windows if each.kind == "terminate" and each.target == node]
    if not windows:
        return Finding("drained", Verdict.INCONCLUSIVE, f"{node} was never told to end")
    broken: dict[int, str] = {}
    asleep: list[str] = []
    unmet = 0
    for window in windows:
        ending = _last_look(record, window)
        if ending.get("phase") != "exited":
            asleep.append(f"{node} was not seen to end: {window.evidence}")
        elif ending.get("code") != 0:
            broken[window.ops[-1]] = f"{node} ended wrongly: {window.evidence}"
        alone = set(window.takes_out) >= record.capacity.keys()
        for request in _touched(record.requests, window):
            if _found_nobody(request) and alone and request.invoked_s >= window.injected_s:
                unmet += 1
            elif not _settled(request):
                broken[request.op] = unanswered(request)
    out = sum(each.invoked_s < window.injected_s for window in windows for each in _touched(record.requests, window))
    figures = {"drains": len(windows), "out_when_told": out, "lost": len(broken), "found_nobody": unmet}
    if broken:
        message = f"{count(len(broken), 'promise')} broken: {listing([*broken.values()])}"
        return Finding("drained", Verdict.VIOLATED, message, tuple(broken), figures)
    if why := "; ".join(asleep) or _idle(node, out):
        return Finding("drained", Verdict.INCONCLUSIVE, why, (), figures)
    message = f"{count(out, 'request')} out when {node} was told to end, all finished; it ended by itself"
    return Finding("drained", Verdict.HELD, message, (), figures)


def _idle(node: str, out: int) -> str:
    """What to say where nothing was out."""
    return "" if out else f"no request was out when {node} was told to end: it had nothing to finish"


def _last_look(record: Record, window: FaultWindow) -> Mapping[str, Any]:
    """What the fault's evidence said of the node at last."""
    ops = [record.history[op] for op in window.ops]
    looks = [op.value for op in ops if op.f == "evidence" and op.value is not None]
    figures: Mapping[str, Any] = looks[-1].get("figures", {}) if looks else {}
    return figures


def _touched(requests: Sequence[Request], window: FaultWindow) -> list[Request]:
    """Out at any moment between the order to end and the return."""
    return [
        each
        for each in requests
        if each.invoked_s <= window.end_s and (each.completed_s is None or each.completed_s >= window.injected_s)
    ]


def _settled(request: Request) -> bool:
    """Answered, or certainly not accepted."""
    return request.outcome in (OpType.OK, OpType.FAIL)


def _found_nobody(request: Request) -> bool:
    return request.outcome is OpType.INFO and "status" not in request.answer
