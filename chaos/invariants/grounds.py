"""On which a coordinator may leave a worker out: what happened to each, and when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Final, NamedTuple

from chaos.target_names import ARROW, target_parts
from reports.history import NEMESIS
from reports.record import Record
from reports.waterfall import run_offset

# What an attempt that ended so says nothing of: it is the coordinator's own doing, or the client's.
NO_FAILURE: Final = frozenset({None, "silent", "overtaken", "nobody_waits"})


class Span(NamedTuple):
    """In seconds of the run."""

    start_s: float
    end_s: float


@dataclass(frozen=True)
class Grounds:
    """Faults on it, on its edges, or on whoever thinks something of it; ends of its process; its failed attempts.

    These are in the log of the node `coordinator`.
    """

    record: Record
    coordinator: str

    @cached_property
    def seen(self) -> Mapping[str, tuple[Span, ...]]:
        """By worker, what is known without that log."""
        record = self.record
        found: dict[str, list[Span]] = {worker: [] for worker in record.capacity}
        for window in record.windows:
            for worker in _touched(window.target, found):
                found[worker].append(Span(window.injected_s, window.end_s))
        for op in record.history.of(NEMESIS, "exit"):
            exit_of = op.value or {}
            at_s = exit_of.get("at_s", op.time_s)
            for worker in _touched(str(exit_of.get("node")), found):
                found[worker].append(Span(at_s, at_s))
        return {worker: tuple(spans) for worker, spans in found.items()}

    @cached_property
    def failures(self) -> Mapping[str, tuple[Span, ...]] | None:
        """By worker, its failed attempts; None where the log does not tell of all of them."""
        log, offset_s = self.record.coordinator_log(self.coordinator), run_offset(self.record, self.coordinator)
        if log is None or log.lost or offset_s is None:
            return None
        found: dict[str, list[Span]] = {}
        for line in log.requests:
            for each in line.attempts:
                if each.cause not in NO_FAILURE:
                    found.setdefault(each.worker, []).append(Span(each.sent_at - offset_s, each.ended_at - offset_s))
        return {worker: tuple(spans) for worker, spans in found.items()}

    def reach(self, worker: str, since_s: float, until_s: float) -> bool:
        """Whether anything that is known of the worker reaches into that time."""
        starts, latest = self._by_start.get(worker, ([], []))
        begun = bisect_right(starts, until_s)
        return begun > 0 and latest[begun - 1] >= since_s

    @cached_property
    def _by_start(self) -> Mapping[str, tuple[list[float], list[float]]]:
        """By worker: when each span began, earliest first, and the latest end of all that had begun by then."""
        failures = self.failures or {}
        found = {}
        for worker, seen in self.seen.items():
            spans = sorted((*seen, *failures.get(worker, ())))
            found[worker] = [each.start_s for each in spans], list(accumulate((each.end_s for each in spans), max))
        return found


def _touched(target: str, workers: Mapping[str, object]) -> frozenset[str]:
    """Who of them may look different while that target is broken; to a broken coordinator all do."""
    touched: set[str] = set()
    for part in target_parts(target):
        ends = part.split(ARROW)
        touched.update(end for end in ends if end in workers)
        if len(ends) == 1 and part not in workers:
            touched.update(workers)
    return frozenset(touched)
