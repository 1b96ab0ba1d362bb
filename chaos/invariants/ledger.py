"""What the coordinator's books said at one moment, as the observer sampled them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.record import Record


@dataclass(frozen=True, slots=True)
class LedgerSample:
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


def ledger_samples(record: Record) -> tuple[LedgerSample, ...]:
    """Every status that tells all four counts, in the order of sampling."""
    samples: list[LedgerSample] = []
    for time_s, op, status in record.statuses:
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


def completed_before(samples: Sequence[LedgerSample], load_s: float) -> int:
    """What was on the books when the load began: one cluster may serve several runs.

    Nothing, where nobody looked before: books begin empty.
    """
    return next((sample.completed for sample in reversed(samples) if sample.time_s <= load_s), 0)


def empties_books(record: Record, start_s: float, end_s: float) -> bool:
    """Whether a fault replaced, in that time, a process that may keep books by one with empty books.

    Books are kept by nodes that do no work of their own; `crash` and `terminate` end a process.
    """
    return any(
        window.kind in {"crash", "terminate"}
        and window.overlaps(start_s, end_s)
        and window.target not in record.capacity
        for window in record.windows
    )
