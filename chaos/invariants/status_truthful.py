from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from annotated_types import Ge

from chaos.invariants.grounds import Grounds
from chaos.invariants.invariant import invariant
from chaos.invariants.ledger import LedgerSample, empties_books, ledger_samples
from chaos.invariants.noise import unless_noisy
from chaos.invariants.wording import count, listing
from reports.history import OpType
from reports.moments import ascending
from reports.record import Record
from reports.states import UP, states_of
from reports.verdict import Figure, Finding, Verdict
from reports.windows import FaultWindow

# A worker that nothing has happened to for so long has no reason to be left out.
FORGOTTEN_S: Final = 10.0

EJECTED: Final = "ejected"
LEFT_OUT: Final = frozenset({"suspected", "down", EJECTED})


@dataclass(frozen=True, slots=True)
class Untruth:
    """What `/status` said at one sample, and what it was instead."""

    op: int
    words: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A worker that `/status` called `state` at one sample; its reason must date from `since_s` to `until_s`."""

    op: int
    time_s: float
    worker: str
    state: str
    since_s: float
    until_s: float

    @property
    def words(self) -> str:
        return f"{self.worker} {self.state} at {self.time_s:.2f} s, to which nothing had happened"


@invariant
def status_truthful(
    record: Record,
    *,
    within_s: Annotated[float, Ge(0)] = 3.0,
    samples: Annotated[int, Ge(1)] = 3,
    coordinator: str = "coordinator",
) -> Finding:
    """Each sample of `/status` agrees with what was seen from outside, `within_s` earlier or later.

    Counted as completed are at least the answers that clients had by then and at most those they had soon after, beside
    requests whose fate is unknown; as submitted, no more than had been asked. Counts are not compared from a fault on
    that emptied the books; fewer than `samples` samples that are compared decide nothing.

    A worker that a fault has taken out is not called alive any more. One that was up and is called suspected, down or
    ejected for longer than `within_s` on end has a reason, from ten seconds and twice `within_s` before that (before it
    was ejected) until then: a fault on it, on an edge of it or on whoever says so, an end of its process, or an attempt
    that failed there, by the log of the node `coordinator`, but for silence that only the coordinator knows of.
    """
    books = [each for each in ledger_samples(record) if not empties_books(record, 0.0, each.time_s)]
    alive = [(time_s, op, workers) for time_s, op, status in record.statuses if (workers := _alive(status))]
    figures = {"samples": max(len(books), len(alive)), "within_s": within_s}
    untruths = [*_miscounted(record, books, within_s), *_said_alive(record, alive, within_s)]
    if untruths:
        return _violated(untruths, figures)
    grounds = Grounds(record, coordinator)
    accused = tuple(_accused(record, grounds, within_s))
    if accused and grounds.failures is None:
        message = f"no whole log of {coordinator} says whether an attempt failed there: {accused[0].words}"
        return Finding("status_truthful", Verdict.INCONCLUSIVE, message, (accused[0].op,), figures)
    if accused:
        start_s, end_s = accused[0].since_s, accused[-1].time_s
        return unless_noisy(
            _violated([Untruth(each.op, each.words) for each in accused], figures), record, start_s, end_s
        )
    if not record.requests:
        return Finding("status_truthful", Verdict.INCONCLUSIVE, "no request was asked: there was nothing to tell")
    if len(books) < samples:
        message = f"{count(len(books), 'sample')} of the counts that can be compared, {samples} are needed"
        return Finding("status_truthful", Verdict.INCONCLUSIVE, message, (), figures)
    message = f"true in each of {count(len(books), 'sample')}, give or take {within_s:g} s"
    return Finding("status_truthful", Verdict.HELD, message, (), figures)


def _violated(untruths: Sequence[Untruth], figures: Mapping[str, Figure]) -> Finding:
    message = f"{count(len(untruths), 'untruth')}: {listing([each.words for each in untruths], 3)}"
    evidence = tuple(dict.fromkeys(each.op for each in untruths))
    return Finding("status_truthful", Verdict.VIOLATED, message, evidence, {**figures, "untruths": len(untruths)})


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


def _accused(record: Record, grounds: Grounds, within_s: float) -> Iterator[LeftOut]:
    """Those left out for longer than `within_s` on end without any reason that is known."""
    began_s: dict[str, float] = {}
    for left_out in _left_out(record, FORGOTTEN_S + 2 * within_s):
        baseless = [each for each in left_out if not grounds.reach(each.worker, each.since_s, each.until_s)]
        began_s = {each.worker: began_s.get(each.worker, each.time_s) for each in baseless}
        yield from (each for each in baseless if each.time_s - began_s[each.worker] > within_s)


def _left_out(record: Record, back_s: float) -> Iterator[Sequence[LeftOut]]:
    """By sample. Before a worker was up, its reason may lie before the run."""
    been_up: set[str] = set()
    ejected_s: dict[str, float] = {}
    for time_s, op, status in record.statuses:
        states = {worker: state for worker, state in states_of(status).items() if worker in record.capacity}
        been_up.update(worker for worker, state in states.items() if state == UP)
        ejected_s = {worker: ejected_s.get(worker, time_s) for worker, state in states.items() if state == EJECTED}
        yield [
            LeftOut(op, time_s, worker, state, until_s - back_s, until_s)
            for worker, state in states.items()
            if state in LEFT_OUT and worker in been_up
            for until_s in [ejected_s.get(worker, time_s)]
        ]


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
