from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import inf
from typing import Annotated

from annotated_types import Ge

from chaos.invariants.invariant import invariant
from chaos.invariants.ledger import empties_books
from chaos.invariants.noise import unless_noisy
from chaos.invariants.occupancy import Waited, occupancy_of
from chaos.invariants.wording import count, listing
from reports.logs import CoordinatorLog
from reports.record import Record
from reports.verdict import Finding, Verdict


@invariant
def work_conserving(
    record: Record, *, slack_s: Annotated[float, Ge(0)] = 0.5, coordinator: str = "coordinator"
) -> Finding:
    """No request waits for its first attempt, for more than `slack_s` altogether, while a healthy worker is idle.

    Healthy is a worker that the coordinator has up, idle one that it has given nothing, both by the log of the node
    `coordinator`. The slack is for a busy machine on which a process stands still now and then. Not judged are texts
    that once were in a batch whose worker was lost: they may be kept from travelling with others. Where that is so of
    every text, nothing is decided.
    """
    log = record.coordinator_log(coordinator)
    if (why := unreadable(record, log, coordinator)) is not None or log is None:
        return Finding("work_conserving", Verdict.INCONCLUSIVE, why or "no log")
    occupancy = occupancy_of(record, coordinator)
    judged = occupancy.unsuspected
    kept_waiting = occupancy.waited_in_vain(carrying=0, after_s=0.0, slack_s=slack_s)
    figures = {"requests": len(judged), "kept_waiting": len(kept_waiting), "slack_s": slack_s}
    if kept_waiting:
        message = (
            f"{count(len(kept_waiting), 'request')} waited more than {slack_s:g} s though a worker was up and idle: "
            f"{named(kept_waiting)}"
        )
        finding = Finding("work_conserving", Verdict.VIOLATED, message, evidence(record, kept_waiting), figures)
        return unless_noisy(finding, record)
    message = f"{count(len(judged), 'request')}, none kept waiting while a worker was up and idle"
    return Finding("work_conserving", Verdict.HELD, message, (), figures)


def unreadable(record: Record, log: CoordinatorLog | None, coordinator: str) -> str | None:
    """Why the log cannot tell who was at work when; None if it can."""
    return f"no log of {coordinator} was kept" if log is None else next(_flaws(record, log, coordinator), None)


def _flaws(record: Record, log: CoordinatorLog, coordinator: str) -> Iterator[str]:
    if not any(each.attempts for each in log.requests):
        yield f"{coordinator} logged no attempt"
    if not log.memberships:
        yield f"{coordinator} did not log what it thought of its workers"
    if log.lost:
        yield f"{count(log.lost, 'line')} of {coordinator}'s log {'is' if log.lost == 1 else 'are'} missing"
    if empties_books(record, 0.0, inf):
        yield f"{coordinator} was replaced: what it had in its hands then is in no log"
    if not occupancy_of(record, coordinator).unsuspected:
        yield "every text was once in a batch whose worker was lost, and may have been kept from the others since"


def named(waited: Sequence[Waited]) -> str:
    return listing([f"{each.line.request_id} ({each.seconds:.2f} s)" for each in waited])


def evidence(record: Record, waited: Iterable[Waited]) -> tuple[int | str, ...]:
    """The op of each where its client was told the id, else the id."""
    ids = {each.line.request_id for each in waited}
    ops = {each.request_id: each.op for each in record.requests if each.request_id in ids}
    return tuple(ops.get(each.line.request_id, each.line.request_id) for each in waited)
