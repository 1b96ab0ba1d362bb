from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from annotated_types import Ge

from chaos.invariants.invariant import invariant
from chaos.invariants.wording import count, listing
from reports.history import OpType, Request
from reports.logs import CANARY
from reports.record import Record
from reports.verdict import Finding, Verdict

REFUSED = 503


@invariant
def sheds_honestly(record: Record, *, at_least: Annotated[int, Ge(1)] = 1) -> Finding:
    """Every refusal is a 503 that says in whole seconds when to come again, and was never executed.

    Executed is what a worker says it computed (`request_ids` of its `"event": "batch"` lines) under an id that no
    client was told: of those there may be no more than requests whose fate nobody knows. Fewer than `at_least` refusals
    decide nothing, nor do logs of workers that are missing or lack lines.
    """
    refused = [each for each in record.requests if "status" in each.answer and each.outcome is OpType.FAIL]
    refused = [each for each in refused if not each.rightly_refused]
    dishonest = {each.op: why for each in refused if (why := _dishonest(each)) is not None}
    # A 503 that names a request had taken it in, and its client cannot know what became of it.
    taken_in = [
        each
        for each in record.requests
        if each.answer.get("status") == REFUSED and each.request_id is not None and each.outcome is not OpType.FAIL
    ]
    dishonest |= {each.op: f"{each.label} was taken in before it was refused" for each in taken_in}
    computed = frozenset(
        request_id for log in record.worker_logs.values() for batch in log.batches for request_id in batch.request_ids
    )
    strangers = sorted(computed - {CANARY} - {each.request_id for each in record.requests})
    unknown = sum(each.outcome is OpType.INFO and each.request_id is None for each in record.requests)
    figures = {
        "refused": len(refused) + len(taken_in),
        "dishonest": len(dishonest),
        "executed_and_told_to_nobody": len(strangers),
        "unknown": unknown,
    }
    problems = list(dishonest.values())
    if len(strangers) > unknown:
        problems.append(f"{count(len(strangers), 'request')} computed though no client was told of it")
    if problems:
        evidence = (*dishonest, *(strangers if len(strangers) > unknown else ()))
        return Finding("sheds_honestly", Verdict.VIOLATED, listing(problems), evidence, figures)
    if len(refused) < at_least:
        message = f"{count(len(refused), 'request')} refused, {at_least} needed to tell how"
        return Finding("sheds_honestly", Verdict.INCONCLUSIVE, message, (), figures)
    if unread := tuple(_unread(record)) or (() if computed else ("no worker's log says what it computed",)):
        message = f"{listing(unread)}: refusals may have been executed"
        return Finding("sheds_honestly", Verdict.INCONCLUSIVE, message, (), figures)
    message = f"{count(len(refused), 'refusal')}, each a 503 with Retry-After and none executed"
    return Finding("sheds_honestly", Verdict.HELD, message, (), figures)


def _dishonest(request: Request) -> str | None:
    status, retry_after = request.answer["status"], request.answer.get("retry_after")
    if status != REFUSED:
        return f"{request.label} was refused with {status}"
    if retry_after is None:
        return f"{request.label} was not told when to come again"
    if not str(retry_after).isdecimal():
        return f"{request.label} was told to come again after {retry_after!r}"
    return None


def _unread(record: Record) -> Iterator[str]:
    """Where what was computed may stand and cannot be read."""
    logs = record.worker_logs
    yield from (f"no log of {node}" for node in record.capacity if node not in logs)
    yield from (f"{count(log.lost, 'line')} of the log of {node} lost" for node, log in logs.items() if log.lost)
