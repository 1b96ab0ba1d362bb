from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from annotated_types import Ge

from chaos.invariants.invariant import invariant
from chaos.invariants.ledger import LedgerSample, empties_books, ledger_samples
from chaos.invariants.wording import count, listing
from reports.history import OpType
from reports.moments import ascending
from reports.record import Record
from reports.verdict import Finding, Verdict
from reports.windows import FaultWindow


@dataclass(frozen=True, slots=True)
class Untruth:
    """What `/status` said at one sample, and what it was instead."""

    op: int
    words: str


@invariant
def status_truthful(
    record: Record, *, within_s: Annotated[float, Ge(0)] = 3.0, samples: Annotated[int, Ge(1)] = 3
) -> Finding:
    """Each sample of `/status` agrees with what was seen from outside, `within_s` earlier or later.

    Counted as completed are at least the answers that clients had by then and at most those they had soon after, beside
    requests whose fate is unknown; as submitted, no more than had been asked. A worker that a fault has taken out is
    not called alive any more. Counts are not compared from a fault on that emptied the books; fewer than `samples`
    samples that are compared decide nothing.
    """
    books = [each for each in ledger_samples(record) if not empties_books(record, 0.0, each.time_s)]
    alive = [(time_s, op, workers) for time_s, op, status in record.statuses if (workers := _alive(status))]
    figures = {"samples": max(len(books), len(alive)), "within_s": within_s}
    untruths = [*_miscounted(record, books, within_s), *_said_alive(record, alive, within_s)]
    if untruths:
        message = f"{count(len(untruths), 'untruth')}: {listing([each.words for each in untruths], 3)}"
        evidence = tuple(dict.fromkeys(each.op for each in untruths))
        return Finding("status_truthful", Verdict.VIOLATED, message, evidence, figures | {"untruths": len(untruths)})
    if not record.requests:
        return Finding("status_truthful", Verdict.INCONCLUSIVE, "no request was asked: there was nothing to tell")
    if len(books) < samples:
        message = f"{count(len(books), 'sample')} of the counts that can be compared, {samples} are needed"
        return Finding("status_truthful", Verdict.INCONCLUSIVE, message, (), figures)
    message = f"true in each of {count(len(books), 'sample')}, give or take {within_s:g} s"
    return Finding("status_truthful", Verdict.HELD, message, (), figures)


def _miscounted(record: Record, books: Sequence[LedgerSample], within_s: float) -> Iterator[Untruth]:
    asked = ascending(record.moments.invoked_s)
    answered = record.moments.answered_s
    # May be counted, though no client got an answer in time to know.
    unknown = sorted(each.invoked_s for each in record.requests if each.outcome is OpType.INFO)
    began_s = asked[0] if asked else 0.0
    # One cluster may serve several runs: what was counted before the load is another run's.
    before = next((each for each in reversed(books) if each.time_s <= began_s), LedgerSample(0, 0.0, 0, 0, 0, 0))
    for each in books:
        if each.time_s < began_s:
            continue
        submitted, completed = each.submitted - before.submitted, each.completed - before.completed
        at_least = bisect_left(answered, each.time_s - within_s)
        at_most = bisect_right(answered, each.time_s + within_s) + bisect_right(unknown, each.time_s)
        if not at_least <= completed <= at_most:
            known = f"{at_least}" if at_least == at_most else f"{at_least} to {at_most}"
            yield Untruth(each.op, f"{completed} completed at {each.time_s:.2f} s, clients had {known} answers")
        if submitted > (had := bisect_right(asked, each.time_s)):
            yield Untruth(each.op, f"{submitted} submitted at {each.time_s:.2f} s, {had} had been asked")


def _said_alive(
    record: Record, samples: Sequence[tuple[float, int, frozenset[str]]], within_s: float
) -> Iterator[Untruth]:
    for time_s, op, workers in samples:
        for window in record.windows:
            for node in window.takes_out:
                if node in workers & record.capacity.keys() and _long_out(window, time_s, within_s):
                    after_s = time_s - window.injected_s
                    yield Untruth(op, f"{node} alive at {time_s:.2f} s, {after_s:.2f} s into {window.name}")


def _long_out(window: FaultWindow, time_s: float, within_s: float) -> bool:
    """Healing begins before it is complete; what is seen meanwhile is true either way."""
    return window.bit is True and window.injected_s + within_s < time_s < window.end_s - within_s


def _alive(status: Mapping[str, Any]) -> frozenset[str]:
    """Of those it says to be; nothing where it tells of no workers."""
    workers = status.get("workers")
    if not isinstance(workers, list):
        return frozenset()
    return frozenset(
        str(worker.get("id")) for worker in workers if isinstance(worker, dict) and worker.get("alive") is True
    )
