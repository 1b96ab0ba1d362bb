"""Times of trouble: faults that leave no time between them to look at, taken together."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from chaos.invariants.wording import listing
from reports.record import Record
from reports.windows import FaultWindow


@dataclass(frozen=True, slots=True)
class Outage:
    """Faults too close to recover in between; there was time from the last healing to the next fault."""

    faults: tuple[FaultWindow, ...]
    healed_s: float
    until_s: float

    @property
    def name(self) -> str:
        return listing(tuple(dict.fromkeys(window.name for window in self.faults)))

    @property
    def ops(self) -> tuple[int, ...]:
        return tuple(op for fault in self.faults for op in fault.ops)


def outages_of(record: Record, *, apart_s: float) -> tuple[Outage, ...]:
    """Windows in the order of injection, joined where one ends less than `apart_s` before the next begins."""
    groups: list[list[FaultWindow]] = []
    for window in sorted(record.windows, key=lambda each: each.injected_s):
        if groups and window.injected_s < max(each.end_s for each in groups[-1]) + apart_s:
            groups[-1].append(window)
        else:
            groups.append([window])
    following = [group[0].injected_s for group in groups[1:]]
    return tuple(
        Outage(tuple(group), max(each.end_s for each in group), until_s)
        for group, until_s in zip(groups, [*following, inf], strict=True)
    )
