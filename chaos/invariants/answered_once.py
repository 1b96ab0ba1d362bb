from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chaos.invariants.accounts import entrances
from chaos.invariants.invariant import invariant
from chaos.invariants.ledger import completed_in_run, ledger_samples
from chaos.invariants.wording import count, listing
from reports.history import OpType, Request
from reports.logs import CoordinatorLog
from reports.record import Record
from reports.verdict import Figure, Finding, Verdict


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One way in which two accounts of the same answers differ."""

    message: str
    evidence: tuple[int | str, ...]


@invariant
def answered_once(record: Record, *, coordinator: str = "coordinator") -> Finding:
    """No request id answers two requests, and the system's own accounts agree that each was answered once.

    Three accounts are joined where they exist: what clients got; the request lines (`"event": "request"`) in the log of
    the node named `coordinator`, exactly one per answered id, with `success`; and the ledger, whose `tasks_completed`
    after the load is the number of ok answers, plus at most the requests whose fate is unknown. Books that a crash of
    the coordinator emptied are not compared, nor are those, and the logs, of several coordinators: each has a part. Ids
    that are missing from a log which lacks lines decide nothing.
    """
    answered = [request for request in record.requests if request.outcome is OpType.OK]
    if not answered:
        return Finding("answered_once", Verdict.INCONCLUSIVE, "nothing was answered")
    anonymous = [request.op for request in answered if request.request_id is None]
    found = [
        each
        for each in (_ids(answered), _log(record, coordinator, answered), _ledger(record, len(answered)))
        if each is not None
    ]
    figures: dict[str, Figure] = {
        "answers": len(answered),
        "without_id": len(anonymous),
        "accounts": ", ".join(_accounts(record, coordinator)),
        "disagreements": len(found),
    }
    log = _log_of(record, coordinator)
    if found:
        message = "; ".join(each.message for each in found)
        evidence = tuple(op for each in found for op in each.evidence)
        return Finding("answered_once", Verdict.VIOLATED, message, evidence, figures)
    if log is not None and log.lost and (unlogged := _ids_of(answered) - log.ended.first.keys()):
        message = f"{count(len(unlogged), 'answered request id')} not logged by {coordinator}, whose log lacks lines"
        return Finding("answered_once", Verdict.INCONCLUSIVE, message, tuple(sorted(unlogged)), figures)
    if anonymous:
        message = f"{len(anonymous)} of {count(len(answered), 'answer')} carry no request id to tell them apart by"
        return Finding("answered_once", Verdict.INCONCLUSIVE, message, tuple(anonymous), figures)
    return Finding("answered_once", Verdict.HELD, f"{count(len(answered), 'answer')}, each given once", (), figures)


def _accounts(record: Record, coordinator: str) -> Iterator[str]:
    """Which of them there were to compare."""
    yield "clients"
    if _log_of(record, coordinator) is not None:
        yield "log"
    if completed_in_run(record, ledger_samples(record)) is not None:
        yield "ledger"


def _ids(answered: Sequence[Request]) -> Disagreement | None:
    told = [request.request_id for request in answered if request.request_id is not None]
    if len(set(told)) == len(told):
        return None
    ops: dict[str, list[int]] = {}
    for request in answered:
        if request.request_id is not None:
            ops.setdefault(request.request_id, []).append(request.op)
    twice = {request_id: indices for request_id, indices in ops.items() if len(indices) > 1}
    return Disagreement(
        f"{count(len(twice), 'request id')} answered more than one request: {listing(list(twice))}",
        tuple(op for indices in twice.values() for op in indices),
    )


def _log_of(record: Record, coordinator: str) -> CoordinatorLog | None:
    """None where none was kept, and where it is one of several."""
    return None if len(entrances(record)) > 1 else record.coordinator_log(coordinator)


def _ids_of(answered: Sequence[Request]) -> set[str]:
    return {request.request_id for request in answered if request.request_id is not None}


def _log(record: Record, coordinator: str, answered: Sequence[Request]) -> Disagreement | None:
    log = _log_of(record, coordinator)
    if log is None:
        return None
    ids = _ids_of(answered)
    missing = ids - log.ended.first.keys()
    if len(missing) <= log.lost:
        missing = set()
    doubtful = missing | (ids & log.failed) | (ids & log.ended.several.keys())
    if not doubtful:
        return None
    odd = {
        request_id: len(log.ended.all(request_id))
        for request in answered
        if (request_id := request.request_id) is not None and request_id in doubtful
    }
    told = [
        f"{request_id} ({'as failed' if number == 1 else count(number, 'time')})" for request_id, number in odd.items()
    ]
    return Disagreement(
        f"{count(len(odd), 'answered request id')} not logged once and as a success by {coordinator}: {listing(told)}",
        tuple(odd),
    )


def _ledger(record: Record, answers: int) -> Disagreement | None:
    samples = ledger_samples(record)
    booked = completed_in_run(record, samples)
    unknown = sum(request.outcome is OpType.INFO for request in record.requests)
    if booked is None or answers <= booked <= answers + unknown:
        return None
    at_most = f" to {answers + unknown}" if unknown else ""
    return Disagreement(
        f"the ledger counts {booked} completed, the clients {answers}{at_most} answered", (samples[-1].op,)
    )
