"""What the marks of the charts stand for, in words: the report has them below its charts, the viewer too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from reports.levels import FIRM
from reports.measure import ENOUGH
from reports.noise import Stall, stalls
from reports.record import Record
from reports.states import looks, meanings, usual_s

DUE: Final = "by when they were due and how they ended"
ARRIVED: Final = "line: answers as they arrived"
ARRIVALS: Final = (
    "Bars stand where requests were due, which is when the workload wanted them sent, and say how they ended; the line"
    " counts the answers that arrived in the same time. A dip in the line under full bars is work that waited and was"
    " answered late."
)
POINTS: Final = (
    "Each point is a request: from when it was due until its client heard of it."
    " ● answered (large: after a retry), ✚ failed, ◆ unknown (at the moment its client gave up),"
    " △ never heard of (no latency: at the upper edge)."
)
LEVELS: Final = (
    "Levels are of the answers due in that stretch of time: the median thick, p99 thin. Of fewer than"
    f" {FIRM} answers p99 is the slowest of them, and is dotted; of fewer than {ENOUGH} none is drawn."
)
NAMED: Final = 3  # stalls that are named one by one


@dataclass(frozen=True, slots=True)
class Legend:
    """What is said below the charts of one run; `stalls` is empty where the machine never stood still."""

    arrivals: str
    points: str
    levels: str
    system: str
    stalls: str


def legend(record: Record) -> Legend:
    looked = looks(record.statuses)
    states = meanings(state for look in looked for state in look.states.values())
    system = " ".join(each for each in (system_words(usual_s([look.at_s for look in looked])), states) if each)
    return Legend(ARRIVALS, POINTS, LEVELS, system, stall_words(stalls(record)))


def asked_every(seconds: float | None) -> str:
    """How often a system was asked for what a chart shows, as the end of its title."""
    return "" if seconds is None else f"; asked every {seconds:.1g} s"


def system_words(asked_s: float | None) -> str:
    """What the charts of in flight, batches and worker states are."""
    between = "" if asked_s is None else f" every {asked_s:.1g} s, so that what was shorter may be missing"
    return (
        f"As the coordinator told when it was asked{between}: a state is told by the height of its bar and by its word"
        " as well as by its colour; where it was not asked, or did not answer, nothing is drawn. Batches are as the"
        " workers logged them."
    )


def stall_words(found: Sequence[Stall]) -> str:
    """When the machine itself stood still, the longest first; nothing where it did not."""
    if not found:
        return ""
    longest = sorted(found, key=lambda each: each.start_s - each.end_s)[:NAMED]
    told = ", ".join(f"{each.end_s - each.start_s:.2f} s at {each.start_s:.1f} s" for each in longest)
    more = len(found) - NAMED
    rest = f" and {'once' if more == 1 else f'{more:,} times'} for less" if more > 0 else ""
    return (
        f"The machine itself stood still (grey, dotted edge): {told}{rest}."
        " What was slow then need not be the system's doing."
    )
