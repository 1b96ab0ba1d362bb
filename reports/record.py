"""A finished run as invariants, figures and pages see it: facts about the run, its history, its logs.

A `Record` is read from a run directory alone; nothing of it needs the system to be up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from reports.history import OBSERVER, History, OpType, Request, status_of
from reports.log_file import objects, read_batch_sizes, read_coordinator_log, read_worker_log
from reports.logs import CoordinatorLog, WorkerLog, batch_sizes, coordinator_log, worker_log
from reports.moments import Moments
from reports.request_columns import RequestColumns, read_requests
from reports.windows import FaultWindow, fault_windows

T = TypeVar("T")


@dataclass(frozen=True)
class Record:
    """`facts` is run.json (scenario, substrate, seed, system, versions …), `schedule` is schedule.json.

    `table` is the file of its requests as columns, where it is to be believed.
    """

    facts: Mapping[str, Any]
    history: History
    schedule: Mapping[str, Any] = field(default_factory=dict)
    logs: Path | None = None
    table: Path | None = None
    _read: dict[str, CoordinatorLog] = field(default_factory=dict, init=False, repr=False, compare=False)
    _made: dict[tuple[object, str], Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def requests(self) -> tuple[Request, ...]:
        return self.history.requests

    @cached_property
    def columns(self) -> RequestColumns:
        """The requests as columns. Raises ValueError when their table is damaged."""
        return RequestColumns.of(self.requests) if self.table is None else read_requests(self.table)

    def request_of(self, op: int) -> Request | None:
        """The request that an op of a client belongs to, its asking or its end, without making the others."""
        row = self.columns.row(op)
        if row is None:
            return None
        asked, ended = int(self.columns.invoked_op[row]), int(self.columns.op[row])
        return self.history.request(asked, None if ended == asked else ended)

    @cached_property
    def moments(self) -> Moments:
        """When each of its requests was due, sent and answered."""
        return Moments(self.requests)

    @cached_property
    def windows(self) -> tuple[FaultWindow, ...]:
        return fault_windows(self.history)

    @cached_property
    def statuses(self) -> tuple[tuple[float, int, Mapping[str, Any]], ...]:
        """What the observer was told: (seconds, op index, status), samples that failed left out.

        Of a system in which one node is asked; where several are, `statuses_of` has each node's own.
        """
        return self.statuses_of(None)

    def statuses_of(self, node: str | None) -> tuple[tuple[float, int, Mapping[str, Any]], ...]:
        """The same of one of several nodes."""
        return tuple(
            (op.time_s, op.index, op.value)
            for op in self.history.of(OBSERVER, status_of(node))
            if op.type is OpType.OK and op.value is not None
        )

    @property
    def capacity(self) -> Mapping[str, float]:
        """Node name → its share of the work; nodes that do no work of their own are not in it."""
        nodes = self.facts.get("system", {}).get("nodes", [])
        return {node["name"]: node["capacity"] for node in nodes if node.get("capacity")}

    @property
    def settings(self) -> Mapping[str, Any]:
        """What the system promised for this run, in seconds and counts, e.g. `worker_timeout_s`."""
        settings: Mapping[str, Any] = self.facts.get("system", {}).get("settings", {})
        return settings

    def has_log(self, node: str) -> bool:
        """Whether anything was kept of what the node logged, be it nothing but an empty file."""
        return self.logs is not None and (self.logs / f"{node}.log").is_file()

    def log(self, node: str) -> Iterator[Mapping[str, Any]]:
        """The JSON objects a node logged, oldest first; other lines are passed over. None where no log was kept."""
        if self.logs is None or not self.has_log(node):
            return
        with (self.logs / f"{node}.log").open("rb") as lines:
            yield from objects(lines)

    def coordinator_log(self, node: str) -> CoordinatorLog | None:
        """What `node` logged of requests and members, read once; None where no log of it was kept."""
        if node not in self._read:
            if not self.has_log(node):
                return None
            self._read[node] = (
                coordinator_log(self.log(node))  # it is nowhere on disk
                if self.logs is None
                else read_coordinator_log(self.logs / f"{node}.log")
            )
        return self._read[node]

    def batch_sizes(self, worker: str) -> Iterator[tuple[float, int]]:
        """When each batch of a worker was logged, on the log's clock, and of how many requests it was."""
        if not self.has_log(worker):
            return iter(())
        return batch_sizes(self.log(worker)) if self.logs is None else read_batch_sizes(self.logs / f"{worker}.log")

    @cached_property
    def worker_logs(self) -> Mapping[str, WorkerLog]:
        """What each node that does work logged of it, read once; those whose log was not kept are not in it."""
        kept = [node for node in self.capacity if self.has_log(node)]
        if self.logs is None:
            return {node: worker_log(node, self.log(node)) for node in kept}
        return {node: read_worker_log(node, self.logs / f"{node}.log") for node in kept}

    def once(self, make: Callable[[Record, str], T], node: str) -> T:
        """What `make` makes of this record and that node; made once, for whoever asks for the same."""
        if (make, node) not in self._made:
            self._made[make, node] = make(self, node)
        made: T = self._made[make, node]
        return made
