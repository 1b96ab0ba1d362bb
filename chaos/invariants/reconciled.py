from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from annotated_types import Ge

from chaos.invariants.accounts import Accounts
from chaos.invariants.deadline_respected import deadline_s
from chaos.invariants.invariant import invariant
from chaos.invariants.ledger import after_the_load, empties_books, ledger_samples
from chaos.invariants.wording import count, listing
from reports.history import OpType, Request
from reports.logs import BatchLine
from reports.record import Record
from reports.verdict import Figure, Finding, Verdict


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One thing on which the accounts do not agree; `evidence` has ops where clients have some, and request ids."""

    words: str
    evidence: tuple[int | str, ...]


@invariant
def reconciled(record: Record, *, late_s: Annotated[float, Ge(0)] = 0.25, coordinator: str = "coordinator") -> Finding:
    """What clients saw, what `coordinator` wrote down and what the workers computed is the same story.

    Joined by request id, and named where it is not:

    - lost: a client got no reply at all
    - answered_twice: one id answers two requests, or ended twice
    - executed_twice: a worker computed a request more often than the coordinator sent it there
    - phantom: an answer that no worker computed, or to what nobody is known to have asked
    - swapped: batch mates got each other's answers
    - wrong: an answer that is neither the golden one nor, where none is known, what the worker said
    - late: answered more than `late_s` after its deadline
    - miscounted: the books, or what a client was told, differ from what was logged

    Where a log is missing, or lacks lines, or several coordinators have one each, what can be compared is; it decides
    nothing else.
    """
    accounts = Accounts(record, coordinator)
    missing = accounts.missing()
    found = {name: tuple(look(accounts)) for name, look in LOOKS.items() if not missing or name in OF_CLIENTS_ALONE}
    found["late"] = tuple(_late(accounts, late_s))
    figures: dict[str, Figure] = {
        "requests": len(record.requests),
        "logged": len(accounts.ended.first),
        "executed": len(accounts.executed.first),
        **{name: len(each) for name, each in found.items()},
    }
    if any(found.values()):
        message = "; ".join(
            f"{len(each)} {name.replace('_', ' ')}: {listing([one.words for one in each], 3)}"
            for name, each in found.items()
            if each
        )
        evidence = tuple(dict.fromkeys(one for each in found.values() for case in each for one in case.evidence))
        return Finding("reconciled", Verdict.VIOLATED, message, evidence, figures)
    if not record.requests:
        return Finding("reconciled", Verdict.INCONCLUSIVE, "no request was asked: there is nothing to reconcile")
    if missing:
        return Finding(
            "reconciled", Verdict.INCONCLUSIVE, f"not all accounts can be joined: {listing(missing)}", (), figures
        )
    message = f"{count(len(record.requests), 'request')}: clients, {coordinator} and workers tell the same story"
    return Finding("reconciled", Verdict.HELD, message, (), figures)


def _lost(accounts: Accounts) -> Iterator[Discrepancy]:
    for request, line in accounts.untold:
        if "status" in request.answer:
            continue  # it was told that nobody knows
        if line is None:
            yield Discrepancy(f"{request.label} (no other account of it)", (request.op,))
        else:
            ended = f"answered by {line.worker}" if line.success else f"given up: {line.error}"
            words = f"{request.label} ({ended} as {line.request_id}, its client never heard)"
            yield Discrepancy(words, (request.op, line.request_id))


def _answered_twice(accounts: Accounts) -> Iterator[Discrepancy]:
    for request_id, requests in accounts.told.several.items():
        words = f"{request_id} answers {len(requests)} requests"
        yield Discrepancy(words, (*(each.op for each in requests), request_id))
    for request_id, lines in accounts.ended.several.items():
        words = f"{request_id} ended {len(lines)} times by the coordinator's log"
        yield Discrepancy(words, (*_ops(accounts, request_id), request_id))


def _executed_twice(accounts: Accounts) -> Iterator[Discrepancy]:
    lines, several, sound = accounts.ended.first, accounts.executed.several, accounts.sound
    for request_id, batch in accounts.executed.first.items():
        if request_id in sound:
            continue
        line = lines.get(request_id)
        if line is None:
            continue  # a phantom, or what a coordinator had in its hands when it was killed
        once = request_id not in several
        if once and line.attempts and line.attempts[-1].worker == batch.worker:
            continue
        times = Counter(each.worker for each in accounts.executed.all(request_id))
        sent = Counter(attempt.worker for each in accounts.ended.all(request_id) for attempt in each.attempts)
        for worker, number in times.items():
            if number > sent[worker]:
                words = f"{request_id} (computed {number} times by {worker}, sent there {sent[worker]})"
                yield Discrepancy(words, (*_ops(accounts, request_id), request_id))


def _phantom(accounts: Accounts) -> Iterator[Discrepancy]:
    capacity, lines, executions = accounts.record.capacity, accounts.ended.first, accounts.executed.first
    for request_id, request, line, batch in accounts.odd:
        if request.outcome is not OpType.OK:
            continue
        if line is None:
            yield Discrepancy(
                f"{request_id} (answered, and unknown to the coordinator's log)", (request.op, request_id)
            )
            continue
        worker = request.answer.get("worker")
        if (batch is not None and batch.worker == worker) or worker not in capacity:
            continue
        if all(each.worker != worker for each in accounts.executed.all(request_id)):
            words = f"{request_id} (answered by {worker}, which never computed it)"
            yield Discrepancy(words, (request.op, request_id))
    for stranger in accounts.strangers:
        ended = "answered" if stranger.success else "ended"
        yield Discrepancy(f"{stranger.request_id} ({ended}, and nobody asked)", (stranger.request_id,))
    if not _books_emptied(accounts.record):
        told, sound = accounts.told.first, accounts.sound
        for request_id in [each for each in executions if each not in sound]:
            if request_id not in lines and request_id not in told:
                words = f"{request_id} (computed by {executions[request_id].worker}, and the coordinator never sent it)"
                yield Discrepancy(words, (request_id,))


def _wrong_answers(accounts: Accounts) -> Iterator[tuple[str, Discrepancy]]:
    """Of wrong answers of one batch that are right for one another, all are `swapped`; the others are `wrong`."""
    by_batch: defaultdict[object, list[tuple[Request, str, str]]] = defaultdict(list)
    for request_id, request, _, _ in accounts.odd:
        output = request.answer.get("output")
        expected = request.value.get("expected")
        if output is None or output == expected or request.outcome is not OpType.OK:
            continue
        worker = request.answer.get("worker")
        executions = accounts.executed.all(request_id)
        computed = next((each for each in executions if each.worker == worker), None)
        if expected is None and computed is not None:
            expected = computed.output(request_id)
        if expected is not None and output != expected:
            by_batch[computed or request.op].append((request, str(output), str(expected)))
    for batch, wrong in by_batch.items():
        got, due = Counter(output for _, output, _ in wrong), Counter(expected for _, _, expected in wrong)
        if len(wrong) > 1 and got == due:
            of = f" in a batch of {batch.worker}" if isinstance(batch, BatchLine) else ""
            words = f"{listing([each.label for each, _, _ in wrong])}{of}"
            yield "swapped", Discrepancy(words, tuple(_both(each for each, _, _ in wrong)))
        else:
            for request, output, expected in wrong:
                words = f"{request.label} ({output} instead of {expected})"
                yield "wrong", Discrepancy(words, tuple(_both([request])))


def _swapped(accounts: Accounts) -> Iterator[Discrepancy]:
    return (each for kind, each in _wrong_answers(accounts) if kind == "swapped")


def _wrong(accounts: Accounts) -> Iterator[Discrepancy]:
    return (each for kind, each in _wrong_answers(accounts) if kind == "wrong")


def _late(accounts: Accounts, late_s: float) -> Iterator[Discrepancy]:
    allowed_s = deadline_s(accounts.record) + late_s
    for request in accounts.record.requests:
        if request.outcome is OpType.OK and request.completed_s is not None:
            took_s = request.completed_s - request.invoked_s
            if took_s > allowed_s:
                yield Discrepancy(f"{request.label} (after {took_s:.2f} s)", tuple(_both([request])))


def _miscounted(accounts: Accounts) -> Iterator[Discrepancy]:
    for request_id, request, line, _ in accounts.odd:
        if line is None or line.success is (answered := request.outcome is OpType.OK):
            continue
        if any(each.success is answered for each in accounts.ended.all(request_id)):
            continue
        told, logged = ("answered", "failed") if answered else ("failed", "answered")
        yield Discrepancy(f"{request_id} ({told} to its client, {logged} in the log)", tuple(_both([request])))
    yield from _books(accounts)


def _books(accounts: Accounts) -> Iterator[Discrepancy]:
    record = accounts.record
    settled = after_the_load(record, ledger_samples(record))
    if settled is None or _books_emptied(record):
        return
    log = record.coordinator_log(accounts.coordinator)
    lines = () if log is None else log.requests
    answers = Counter([line.worker for line in lines if line.success])
    answered = answers.total()
    for name, booked, logged in (
        ("completed", settled.completed, answered),
        ("failed", settled.failed, len(lines) - answered),
        ("submitted", settled.submitted - settled.pending, len(lines)),
    ):
        if not booked <= logged <= booked + settled.pending:  # which may have ended since
            yield Discrepancy(f"{booked} {name} by the books, {logged} by the log", (settled.op,))
    status = record.history[settled.op].value or {}
    processed = {each["id"]: each["tasks_processed"] for each in status.get("workers", ()) if "tasks_processed" in each}
    for worker, number in processed.items():
        if not number <= answers[worker] <= number + settled.pending:
            words = f"{worker} processed {number} by the books, answered {answers[worker]} by the log"
            yield Discrepancy(words, (settled.op,))


def _books_emptied(record: Record) -> bool:
    return empties_books(record, 0.0, record.history.duration_s)


def _ops(accounts: Accounts, request_id: str) -> Sequence[int]:
    return [each.op for each in accounts.told.all(request_id)]


def _both(requests: Iterable[Request]) -> Iterator[int | str]:
    for request in requests:
        yield request.op
        if request.request_id is not None:
            yield request.request_id


LOOKS: Final[dict[str, Callable[[Accounts], Iterator[Discrepancy]]]] = {
    "lost": _lost,
    "answered_twice": _answered_twice,
    "executed_twice": _executed_twice,
    "phantom": _phantom,
    "swapped": _swapped,
    "wrong": _wrong,
    "miscounted": _miscounted,
}
OF_CLIENTS_ALONE: Final = frozenset({"lost", "swapped", "wrong"})
"""What one account is enough to see; the others are compared where there are all three."""
