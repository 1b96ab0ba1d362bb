"""What the coordinator's books said at one moment, as the observer sampled them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from chaos.invariants.deadline_respected import deadline_s
from reports.history import OpType
from reports.record import Record


class LedgerSample(NamedTuple):
    """Counts since the process started, and what was pending; `op` is the index of the sample in the history."""

    op: int
    time_s: float
    submitted: int
    completed: int
    failed: int
    pending: int

    @property
    def told(self) -> str:
        """What became of all that was submitted."""
        return f"{self.completed} completed + {self.failed} failed + {self.pending} pending"

    @property
    def balances(self) -> bool:
        return self.submitted == self.completed + self.failed + self.pending


def ledger_samples(record: Record, node: str | None = None) -> tuple[LedgerSample, ...]:
    """Every status that tells all four counts, in the order of sampling; of `node`, where several are asked."""
    return record.once(_samples, node or "")


def _samples(record: Record, node: str) -> tuple[LedgerSample, ...]:
    samples: list[LedgerSample] = []
    for time_s, op, status in record.statuses_of(node or None):
        match status:
            case {
                "tasks_submitted": int(submitted),
                "tasks_completed": int(completed),
                "tasks_failed": int(failed),
                "pending": int(pending),
            }:
                samples.append(LedgerSample(op, time_s, submitted, completed, failed, pending))
            case _:
                continue  # of a system that keeps other books, or none
    return tuple(samples)


def after_the_load(record: Record, samples: Sequence[LedgerSample]) -> LedgerSample | None:
    """The last sample, if no request was asked or answered after it."""
    return samples[-1] if samples and samples[-1].time_s >= record.moments.ended_s else None


def may_be_pending(record: Record, time_s: float) -> int:
    """How many requests the system may still have in its hands though no client waits for them any more.

    Those whose client lost its connection, or turned to another coordinator, and whose deadline is not over by then.
    """
    allowed_s = deadline_s(record)
    return sum(
        each.invoked_s + allowed_s > time_s
        for each in record.requests
        if (each.outcome is OpType.INFO and "status" not in each.answer) or each.answer.get("tries")
    )


def completed_in_run(record: Record, samples: Sequence[LedgerSample], node: str | None = None) -> int | None:
    """What the books count as completed because of this run; None where they cannot tell.

    One cluster may serve several runs: what was on the books when the load began is another run's. Where nobody had
    looked by then it is taken for nothing, for books begin empty. They cannot tell after a crash emptied them, nor when
    they were last read before the load had ended.
    """
    last = after_the_load(record, samples)
    if last is None or empties_books(record, 0.0, last.time_s, node):
        return None
    began_s = record.moments.began_s
    return last.completed - next((each.completed for each in reversed(samples) if each.time_s <= began_s), 0)


def empties_books(record: Record, start_s: float, end_s: float, node: str | None = None) -> bool:
    """Whether a fault replaced, in that time, a process that may keep books by one with empty books.

    Books are kept by nodes that do no work of their own, or by `node`; `crash` and `terminate` end a process.
    """
    return any(
        window.kind in {"crash", "terminate"}
        and window.overlaps(start_s, end_s)
        and (window.target not in record.capacity if node is None else window.target == node)
        for window in record.windows
    )
