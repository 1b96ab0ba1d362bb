"""What a failure was before it was made small, and which of its faults shrinking left.

run.json of a run that repeats such a failure has, written by `chaos.exploring.exploration`:

    "shrunk_from": {"under": "brownout(workers=2) under poisson(…), seed 3", "seconds": 12.0,
                    "schedule": {…}, "tries": 41, "substrate": "simulated"}
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from reports.record import Record

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True, slots=True)
class PlannedFault:
    """A fault of a schedule. Times are seconds since the load began; without `end_s` it lasts until the load is over.

    `left_out`: shrinking did without it.
    """

    kind: str
    target: str
    start_s: float
    end_s: float | None
    given: str
    left_out: bool = False

    @property
    def line(self) -> str:
        """As the terminal prints it."""
        until = "until the end" if self.end_s is None else f"to {self.end_s:g} s"
        line = f"{self.start_s:g} s {until}: {self.kind} {self.target}"
        return f"{line} ({self.given})" if self.given else line


@dataclass(frozen=True, slots=True)
class Shrunk:
    """`under` says in words what the faults hit, `seconds` how long the longer of both loads is."""

    under: str
    before: tuple[PlannedFault, ...]
    after: tuple[PlannedFault, ...]
    seconds: float
    tries: int
    substrate: str

    @property
    def told(self) -> str:
        """In one sentence."""
        left = f"{len(self.after)} {'is' if len(self.after) == 1 else 'are'} left"
        return f"Found with {_faults(len(self.before))}; made small in {self.tries:,} runs, {self.substrate}: {left}."


def planned_faults(schedule: Mapping[str, Any]) -> tuple[PlannedFault, ...]:
    """Those of a schedule.json, in its order."""
    return tuple(
        PlannedFault(
            kind=str(each["kind"]),
            target=str(each["target"]),
            start_s=float(each["start_s"]),
            end_s=None if each.get("end_s") is None else float(each["end_s"]),
            given=", ".join(f"{name}={value}" for name, value in (each.get("parameters") or {}).items()),
        )
        for each in schedule.get("faults", ())
    )


def shrunk(record: Record) -> Shrunk | None:
    """None of a run that was not made smaller."""
    told = record.facts.get("shrunk_from")
    if not isinstance(told, Mapping):
        return None
    after = planned_faults(record.schedule)
    load = record.facts.get("workload")
    lasts_s = (told.get("seconds"), load.get("seconds") if isinstance(load, Mapping) else None)
    before = tuple(_compared(planned_faults(told.get("schedule") or {}), after))
    ends_s = (each.end_s or each.start_s for each in (*before, *after))
    return Shrunk(
        under=str(told.get("under") or ""),
        before=before,
        after=after,
        seconds=max(1.0, *(each or 0.0 for each in lasts_s), *ends_s),
        tries=int(told.get("tries") or 0),
        substrate=str(told.get("substrate") or "on an unknown substrate"),
    )


def _compared(before: tuple[PlannedFault, ...], after: tuple[PlannedFault, ...]) -> Iterator[PlannedFault]:
    """`before` with what was left out: each fault that is left is one of its kind, on the same target if there is one.

    Shrinking moves faults and aims them elsewhere, and keeps no book of which came from which.
    """
    targets = Counter((each.kind, each.target) for each in after)
    exact = [_taken(targets, (each.kind, each.target)) for each in before]
    kinds = Counter(kind for kind, _ in targets.elements())
    for fault, found in zip(before, exact, strict=True):
        yield replace(fault, left_out=not (found or _taken(kinds, fault.kind)))


def _taken(left: Counter[T], what: T) -> bool:
    """Whether there was one left, which there no longer is."""
    left[what] -= 1
    if left[what] >= 0:
        return True
    left[what] = 0
    return False


def _faults(count: int) -> str:
    return "1 fault" if count == 1 else f"{count} faults"
