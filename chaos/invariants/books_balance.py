from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated

from annotated_types import Ge

from chaos.invariants.invariant import invariant
from chaos.invariants.ledger import (
    LedgerSample,
    after_the_load,
    completed_in_run,
    empties_books,
    ledger_samples,
    may_be_pending,
)
from chaos.invariants.wording import count, listing
from reports.history import OpType
from reports.record import Record
from reports.verdict import Finding, Verdict


@invariant
def books_balance(record: Record, *, samples: Annotated[int, Ge(1)] = 3, coordinator: str | None = None) -> Finding:
    """At every sample of `/status`, submitted = completed + failed + pending, and no count ever goes down.

    After the load nothing is pending but what its client had to give up before its deadline, and at least as many are
    completed as clients were answered. Fewer than `samples` samples (before, while and after, at the least), or none
    after the load, decide nothing. Counts may start again only where a crash or termination hit a node that keeps
    books. Of several coordinators each has its own: `coordinator` says whose they are, and answers are those that came
    through it.
    """
    books = ledger_samples(record, coordinator)
    figures = {"samples": len(books)}
    if not record.requests:
        return Finding(
            "books_balance", Verdict.INCONCLUSIVE, "no request was asked: the books stayed empty", (), figures
        )
    problems = [*_unbalanced(books), *_going_down(record, books, coordinator)]
    settled = after_the_load(record, books)
    if settled is not None:
        problems += _unsettled(record, books, settled, coordinator)
    if problems:
        message = listing([message for message, _ in problems])
        evidence = tuple(dict.fromkeys(op for _, op in problems))
        return Finding("books_balance", Verdict.VIOLATED, message, evidence, figures)
    if len(books) < samples:
        message = f"{count(len(books), 'readable sample')} of the books, {samples} are needed"
        return Finding("books_balance", Verdict.INCONCLUSIVE, message, (), figures)
    if settled is None:
        message = "the books were never read after the load had ended"
        return Finding("books_balance", Verdict.INCONCLUSIVE, message, (), figures)
    return Finding("books_balance", Verdict.HELD, f"balanced in each of {count(len(books), 'sample')}", (), figures)


def _unbalanced(books: Sequence[LedgerSample]) -> list[tuple[str, int]]:
    return [
        (f"at {each.time_s:.2f} s {each.submitted} submitted ≠ {each.told}", each.op)
        for each in books
        if not each.balances
    ]


def _going_down(record: Record, books: Sequence[LedgerSample], coordinator: str | None) -> list[tuple[str, int]]:
    return [
        (f"at {after.time_s:.2f} s {name} went down from {earlier} to {later}", after.op)
        for before, after in pairwise(books)
        for name, earlier, later in (
            ("submitted", before.submitted, after.submitted),
            ("completed", before.completed, after.completed),
            ("failed", before.failed, after.failed),
        )
        if later < earlier and not empties_books(record, before.time_s, after.time_s, coordinator)
    ]


def _unsettled(
    record: Record, books: Sequence[LedgerSample], last: LedgerSample, coordinator: str | None
) -> list[tuple[str, int]]:
    problems: list[tuple[str, int]] = []
    if last.pending > may_be_pending(record, last.time_s):
        problems.append((f"{last.pending} still pending after the load", last.op))
    answers = sum(
        request.outcome is OpType.OK and coordinator in (None, request.answer.get("through"))
        for request in record.requests
    )
    booked = completed_in_run(record, books, coordinator)
    if booked is not None and booked < answers:
        problems.append((f"{booked} completed on the books, {answers} answered", last.op))
    return problems
