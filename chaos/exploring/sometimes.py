"""What must happen sometimes: an exploration that never took a path has shown nothing about it.

    sometimes("an answer was redirected", lambda record: sum(request.retries > 0 for request in record.requests))

Invariants say what holds always, in each run; these say what has to be met at least once in a whole session, after
Antithesis' assertions of that name. Each counts how often something happened in one run, from its record alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chaos.bundled import COORDINATOR
from reports.history import OpType
from reports.record import Record

# After which a text travels alone, because it may have been what broke the batch.
SUSPICIOUS: Final = frozenset({"cut", "refused"})


@dataclass(frozen=True, slots=True)
class Sometimes:
    """`times` says how often it happened in a run."""

    name: str
    times: Callable[[Record], int]


def sometimes(name: str, times: Callable[[Record], int]) -> Sometimes:
    return Sometimes(name, times)


def tally(record: Record, paths: Sequence[Sometimes]) -> Counter[str]:
    """How often each of them was taken in one run; those that were not are counted as 0."""
    return Counter({path.name: int(path.times(record)) for path in paths})


def _redirected(record: Record) -> int:
    return sum(request.outcome is OpType.OK and request.retries > 0 for request in record.requests)


def _waited(record: Record) -> int:
    return sum(
        not any(worker.get("alive") for worker in status.get("workers", ())) and status.get("queue_length", 0) > 0
        for _, _, status in record.statuses
    )


def _shed(record: Record) -> int:
    return sum(request.outcome is OpType.FAIL and request.answer.get("status") == 503 for request in record.requests)


def _hedged(record: Record) -> int:
    return max((int(status.get("tasks_hedged", 0)) for _, _, status in record.statuses), default=0)


def _replayed(record: Record) -> int:
    """To whoever asked again, or asked twice and tells of both in one."""
    return sum(bool(request.answer.get("replayed") or request.answer.get("told_again")) for request in record.requests)


def _became(state: str) -> Callable[[Record], int]:
    def times(record: Record) -> int:
        return sum(line.get("state") == state for line in record.log(COORDINATOR) if line.get("event") == "membership")

    return times


def _replaced(record: Record) -> int:
    return sum(
        "another process" in str(line.get("reason"))
        for line in record.log(COORDINATOR)
        if line.get("event") == "membership"
    )


def _ended(record: Record) -> Iterator[tuple[Mapping[str, Any], frozenset[str | None]]]:
    """The line of each request that had an attempt fail, with the causes; None is that of an attempt that answered."""
    for line in record.log(COORDINATOR):
        if line.get("event") == "request":
            causes = frozenset(attempt["cause"] for attempt in line.get("attempts", ()))
            if causes - {None}:
                yield line, causes


def _late(record: Record) -> int:
    """By an attempt that had been given up: none of them is said to have answered."""
    return sum(bool(line["success"]) and None not in causes for line, causes in _ended(record))


def _acquitted(record: Record) -> int:
    return sum(bool(line["success"]) and bool(causes & SUSPICIOUS) for line, causes in _ended(record))


def _convicted(record: Record) -> int:
    return sum(str(line.get("error")).startswith("this input killed") for line, _ in _ended(record))


def _drained(record: Record) -> int:
    """A worker that said it was ending was believed: what it was given meanwhile went on to others, free of charge."""
    return sum("not_serving" in causes for _, causes in _ended(record))


PATHS: Final[tuple[Sometimes, ...]] = (
    Sometimes("a request was redirected and answered", _redirected),
    Sometimes("requests waited while there was no worker", _waited),
    Sometimes("a worker was suspected", _became("suspected")),
    Sometimes("a worker was ejected", _became("ejected")),
    Sometimes("a worker came back by a trial batch", _became("trial")),
    Sometimes("a worker was replaced by another process", _replaced),
    Sometimes("a late answer was taken", _late),
    Sometimes("a suspected text travelled alone and was acquitted", _acquitted),
    Sometimes("a text was convicted of killing workers", _convicted),
    Sometimes("a request was refused under overload", _shed),
    Sometimes("a request was hedged", _hedged),
    Sometimes("a worker drained and its work went elsewhere", _drained),
    Sometimes("an answer was given again for its key", _replayed),
)
"""The paths of the bundled system that are worth exploring."""
