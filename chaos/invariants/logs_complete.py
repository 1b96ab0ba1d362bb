from __future__ import annotations

from chaos.invariants.accounts import of_several
from chaos.invariants.invariant import invariant
from chaos.invariants.ledger import after_the_load, empties_books, ledger_samples
from chaos.invariants.wording import count, listing
from reports.history import OpType
from reports.record import Record
from reports.verdict import Finding, Verdict


@invariant
def logs_complete(record: Record, *, coordinator: str = "coordinator") -> Finding:
    """The log of `coordinator` has exactly one request line for each request it took in, under the id its client got.

    Lines whose id no client was told are those of requests whose fate is unknown to their clients: of them there may be
    no more than of those. A line says itself how many before it could not be written; none may be. Where the books were
    read after the load, and kept, they have counted as many requests as there are lines. Of several coordinators it
    decides nothing.
    """
    log, several = record.coordinator_log(coordinator), of_several(record)
    if log is None or several is not None:
        return Finding("logs_complete", Verdict.INCONCLUSIVE, several or f"no log of {coordinator} was kept")
    if not record.requests:
        return Finding("logs_complete", Verdict.INCONCLUSIVE, "no request was asked: there was nothing to log")
    lines = log.ended.first
    told = {each.request_id: each.op for each in record.requests if each.request_id is not None}
    missing = [] if told.keys() <= lines.keys() else [request_id for request_id in told if request_id not in lines]
    doubled = list(log.ended.several)
    none = not missing and len(lines) == len(told)
    strangers = [] if none else [request_id for request_id in lines if request_id not in told]
    unknown = sum(each.outcome is OpType.INFO and each.request_id is None for each in record.requests)
    samples = ledger_samples(record)
    settled = after_the_load(record, samples)
    booked = None if settled is None or empties_books(record, 0.0, settled.time_s) else settled
    figures = {
        "lines": len(log.requests),
        "missing": len(missing),
        "doubled": len(doubled),
        "strangers": len(strangers),
        "unwritten": log.lost,
    }
    problems = []
    if missing:
        problems.append(f"{count(len(missing), 'request')} not logged: {listing(missing)}")
    if doubled:
        problems.append(f"{count(len(doubled), 'request')} logged more than once: {listing(doubled)}")
    if len(strangers) > unknown:
        problems.append(
            f"{count(len(strangers), 'line')} of requests that no client was told of, {unknown} may be: "
            f"{listing(strangers)}"
        )
    if log.lost:
        problems.append(f"{count(log.lost, 'line')} could not be written or make no sense")
    # What was pending when the books were read for the last time may have ended since.
    if booked is not None and not booked.submitted - booked.pending <= len(log.requests) <= booked.submitted:
        ended = booked.submitted - booked.pending
        problems.append(f"{count(len(log.requests), 'line')}, {ended} requests ended by the books")
    if problems:
        evidence = (
            *(told[request_id] for request_id in missing),
            *(told.get(request_id, request_id) for request_id in doubled),
            *(strangers if len(strangers) > unknown else ()),
            *((booked.op,) if booked is not None else ()),
        )
        return Finding("logs_complete", Verdict.VIOLATED, "; ".join(problems), evidence or (coordinator,), figures)
    if not told:
        message = "no client was told an id that could be looked up in the log"
        return Finding("logs_complete", Verdict.INCONCLUSIVE, message, (), figures)
    message = f"{count(len(log.requests), 'request line')}, one for each request"
    return Finding("logs_complete", Verdict.HELD, message, (), figures)
