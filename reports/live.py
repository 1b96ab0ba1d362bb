"""A running system as a page sees it: what one /status says, and the last minutes of them.

Times are seconds since the epoch, on the clock of whoever asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from reports.states import GAP_S, Look, states_of, usual_s

GAP_FACTOR: Final = 2.5  # times as long as usual without a sample is a gap
RATE_OVER_S: Final = 5.0  # a rate over less jumps too much to be read


@dataclass(frozen=True, slots=True)
class WorkerNow:
    """One worker. `heard_s` is when it was last heard of; None for one that never was."""

    id: str
    state: str
    alive: bool
    heard_s: float | None
    processed: int
    in_flight: int


@dataclass(frozen=True, slots=True)
class Pending:
    """One request that was admitted and has not ended; `in_flight` once a worker has it."""

    id: str
    input: str
    in_flight: bool
    worker: str | None
    since_s: float


@dataclass(frozen=True, slots=True)
class Sample:
    """One /status, and when it was answered."""

    at_s: float
    workers: tuple[WorkerNow, ...]
    submitted: int
    completed: int
    failed: int
    retried: int
    hedged: int
    refused: int
    queue_length: int
    pending: tuple[Pending, ...]

    @classmethod
    def of_status(cls, status: Mapping[str, Any], at_s: float) -> Self:
        """Raises KeyError, TypeError or ValueError for something that is no /status of a coordinator."""
        states = states_of(status)
        return cls(
            at_s=at_s,
            workers=tuple(
                WorkerNow(
                    id=str(each["id"]),
                    state=states[str(each["id"])],
                    alive=bool(each["alive"]),
                    heard_s=None if each["last_seen"] is None else _epoch_s(each["last_seen"]),
                    processed=int(each["tasks_processed"]),
                    in_flight=int(each.get("in_flight", 0)),
                )
                for each in status["workers"]
            ),
            submitted=int(status["tasks_submitted"]),
            completed=int(status["tasks_completed"]),
            failed=int(status["tasks_failed"]),
            retried=int(status["tasks_retried"]),
            hedged=int(status.get("tasks_hedged", 0)),
            refused=int(status.get("tasks_refused", 0)),
            queue_length=int(status["queue_length"]),
            pending=tuple(
                Pending(
                    id=str(each["id"]),
                    input=str(each["input"]),
                    in_flight=each["status"] == "processing",
                    worker=each["worker"],
                    since_s=_epoch_s(each["timestamp"]),
                )
                for each in status["pending_requests"]
            ),
        )

    @property
    def ended(self) -> int:
        return self.completed + self.failed

    @property
    def alive(self) -> int:
        return sum(worker.alive for worker in self.workers)

    @property
    def in_flight(self) -> int:
        return sum(worker.in_flight for worker in self.workers)

    @property
    def look(self) -> Look:
        return Look(self.at_s, {worker.id: worker.state for worker in self.workers})


@dataclass(frozen=True, slots=True)
class Reading:
    """What was pending and the rates since the reading before, at one moment. Rates are per second."""

    at_s: float
    in_flight: int
    queued: int
    completed_rps: float
    failed_rps: float
    retried_rps: float


def same_life(earlier: Sample, later: Sample) -> bool:
    """Whether the same process answered both: counters of one never go back."""
    return earlier.submitted <= later.submitted and earlier.ended <= later.ended


def completed_rps(samples: Sequence[Sample], over_s: float = RATE_OVER_S) -> float | None:
    """Answers a second over the last `over_s`; None where there are not two samples of one life to tell it from."""
    if not samples:
        return None
    newest = samples[-1]
    recent = [each for each in samples if newest.at_s - each.at_s <= over_s and same_life(each, newest)]
    elapsed_s = newest.at_s - recent[0].at_s
    return (newest.completed - recent[0].completed) / elapsed_s if elapsed_s > 0 else None


def readings(samples: Sequence[Sample], every_s: float, *, gap_s: float) -> tuple[Reading | float, ...]:
    """One reading for each `every_s`; for a time without samples the moment at which it began, to be drawn as a gap.

    Counters that start over, as those of a new coordinator do, make a gap too.
    """
    told: list[Reading | float] = []
    before: Sample | None = None
    for sample in samples:
        if before is None:
            before = sample
            continue
        elapsed_s = sample.at_s - before.at_s
        if elapsed_s > max(gap_s, every_s) or not same_life(before, sample):
            told.append(before.at_s)
        elif elapsed_s < every_s:
            continue
        else:
            told.append(
                Reading(
                    at_s=sample.at_s,
                    in_flight=sample.in_flight,
                    queued=sample.queue_length,
                    completed_rps=(sample.completed - before.completed) / elapsed_s,
                    failed_rps=(sample.failed - before.failed) / elapsed_s,
                    retried_rps=(sample.retried - before.retried) / elapsed_s,
                )
            )
        before = sample
    return tuple(told)


def gap_after_s(samples: Sequence[Sample], every_s: float) -> float:
    """For how long nothing may be known before that is a gap, where one of them is drawn for each `every_s`.

    No less than what is a gap in the states of workers, which stand below.
    """
    usual = usual_s([each.at_s for each in samples])
    return max(GAP_S, GAP_FACTOR * max(every_s, usual or 0.0))


def _epoch_s(iso: str) -> float:
    return datetime.fromisoformat(iso).timestamp()
