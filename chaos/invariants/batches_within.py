from __future__ import annotations

from typing import Annotated

from annotated_types import Ge

from chaos.invariants.invariant import invariant
from chaos.invariants.noise import unless_noisy
from chaos.invariants.occupancy import occupancy_of
from chaos.invariants.wording import count, listing
from chaos.invariants.work_conserving import evidence, named, unreadable
from reports.record import Record
from reports.verdict import Finding, Verdict


@invariant
def batches_within(
    record: Record,
    size: Annotated[int, Ge(1)],
    wait_s: Annotated[float, Ge(0)],
    *,
    slack_s: Annotated[float, Ge(0)] = 0.5,
    coordinator: str = "coordinator",
) -> Finding:
    """No batch has more than `size` requests, and none waits longer than `wait_s` for its company.

    A request that has waited `wait_s` is sent to any healthy worker that has room: that carries one batch or none (the
    next may wait behind the one being computed). It may stay unsent for `slack_s` more, altogether, while there is one;
    while all are full it has to wait. Batches are those that the workers computed and that the coordinator sent.
    """
    log = record.coordinator_log(coordinator)
    why = unreadable(record, log, coordinator)
    occupancy = occupancy_of(record, coordinator)
    if log is None or not occupancy.largest:
        return Finding("batches_within", Verdict.INCONCLUSIVE, why or f"{coordinator} logged no attempt")
    batches = [batch for worker in record.worker_logs.values() for batch in worker.batches]
    too_large = [batch for batch in batches if len(batch.request_ids) > size]
    largest_sent = occupancy.largest
    sent_large = (
        {each.request_id: each for each in log.requests if any(attempt.size > size for attempt in each.attempts)}
        if largest_sent > size
        else {}
    )
    kept_waiting = () if why is not None else occupancy.waited_in_vain(carrying=1, after_s=wait_s, slack_s=slack_s)
    largest = max(largest_sent, *(len(batch.request_ids) for batch in batches), 0)
    figures = {"batches": len(batches), "largest": largest, "size": size, "kept_waiting": len(kept_waiting)}
    problems = []
    if too_large or sent_large:
        of = [*(batch.request_ids[0] for batch in too_large), *sent_large]
        problems.append(f"batches of up to {largest}, {size} are allowed: that of {listing(list(dict.fromkeys(of)))}")
    if kept_waiting:
        problems.append(
            f"{count(len(kept_waiting), 'request')} waited longer than {wait_s:g} s + {slack_s:g} s though a worker "
            f"had room: {named(kept_waiting)}"
        )
    if problems:
        large = dict.fromkeys([*(id_ for batch in too_large for id_ in batch.request_ids), *sent_large])
        found = (*evidence(record, kept_waiting), *large)
        finding = Finding("batches_within", Verdict.VIOLATED, "; ".join(problems), found, figures)
        return finding if large else unless_noisy(finding, record)
    if why is not None:
        return Finding("batches_within", Verdict.INCONCLUSIVE, why, (), figures)
    message = f"{count(len(batches), 'batch').replace('batchs', 'batches')}, of {largest} at most"
    return Finding(
        "batches_within", Verdict.HELD, f"{message}; nobody waited {wait_s:g} s for company in vain", (), figures
    )
