"""What the coordinator says of itself on /status, reduced to what a person follows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    id: str
    state: str
    alive: bool
    tasks_processed: int
    in_flight: int


@dataclass(frozen=True, slots=True)
class Status:
    """One answer; `at_s` is on the clock of whoever asked."""

    at_s: float
    workers: tuple[WorkerStatus, ...]
    completed: int
    failed: int
    retried: int
    queued: int
    pending: int

    @classmethod
    def of_json(cls, said: Mapping[str, Any], at_s: float) -> Self:
        return cls(
            at_s=at_s,
            workers=tuple(
                WorkerStatus(each["id"], each["state"], each["alive"], each["tasks_processed"], each["in_flight"])
                for each in said["workers"]
            ),
            completed=said["tasks_completed"],
            failed=said["tasks_failed"],
            retried=said["tasks_retried"],
            queued=said["queue_length"],
            pending=len(said["pending_requests"]),
        )

    @property
    def alive(self) -> int:
        return sum(worker.alive for worker in self.workers)

    def rate_since(self, earlier: Self) -> float:
        """Requests completed a second since `earlier`."""
        elapsed_s = self.at_s - earlier.at_s
        return (self.completed - earlier.completed) / elapsed_s if elapsed_s > 0 else 0.0

    def sentence(self, rate: float) -> str:
        return (
            f"{self.alive} of {len(self.workers)} workers alive, {rate:.0f} requests/s, {self.queued} queued, "
            f"{self.completed} completed, {self.failed} failed, {self.retried} retries"
        )
