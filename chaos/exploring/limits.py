"""How much may be broken at once, so that what the system promises still has to hold.

A schedule within the limits leaves at least one working node within reach at any moment, or takes the last of them away
for no longer than requests can wait; whatever it breaks is whole again before the load ends; and where one node is hit
through two faults they neither overlap nor touch, for then nobody could say which of them bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from chaos.faults.aim import Planned
from chaos.schedule import Schedule
from chaos.system_under_test import SystemUnderTest
from chaos.target_names import ARROW

ENDS_A_PROCESS: Final = frozenset({"crash", "terminate"})
# Under which a node seems to have died, to whoever had given it something to do.
AT_ONCE: Final = frozenset({"crash", "down"})
# Or at their end, as what was swallowed is cut.
AGAIN_AND_AGAIN: Final = frozenset({"flap", "blackhole", "partition", "reset", "limit_data", "crash_on"})
LOSES_A_NODE: Final = AT_ONCE | AGAIN_AND_AGAIN
# What a node survives and nobody gets an answer under: several nodes in it could cost a request all its attempts.
FAILS: Final = frozenset({"fail_rpc"})


@dataclass(frozen=True, slots=True)
class Limits:
    """Times in seconds from the start of the load, which lasts `seconds`.

    `lead_s` is left alone at its beginning, so that there is something to compare with, and `tail_s` at its end.
    `outage_s` is how long no working node may be within reach; 0 for never. A node that was ended counts as away for
    `back_s` after it is told to start: real ones load a model first. Nodes are lost at the same moment or `apart_s` one
    after the other: a text that is alone with one that is lost, and was there when the one before was, is what kills
    nodes, as far as anybody can tell. `settle_s` lies between two faults at one place: what a fault did is seen by
    what was there before it, which is not yet sound in the moment in which the one before is healed.
    """

    seconds: float
    most: int = 4
    outage_s: float = 4.0
    lead_s: float = 0.5
    tail_s: float = 1.0
    shortest_s: float = 0.5
    longest_s: float = 3.0
    back_s: float = 3.0
    apart_s: float = 4.0
    settle_s: float = 0.5

    def problems(self, schedule: Schedule, system: SystemUnderTest) -> Iterator[str]:
        """Everything in which the schedule goes beyond them."""
        if len(schedule.faults) > self.most:
            yield f"{len(schedule.faults)} faults, {self.most} are allowed"
        for planned in schedule.faults:
            yield from self._untimely(planned)
        for site, faults in _by_site(schedule.faults).items():
            for earlier, later in pairwise(faults):
                # To the tenth of a second: 1.6 + 0.5 is not quite 2.1.
                if round(later.start_s - self._away_until(earlier), 6) < self.settle_s:
                    yield f"{later.fault.kind} hits {site} at {later.start_s:g} s, before {earlier.fault.kind} is over"
        for earlier, later in pairwise(each for each in schedule.faults if each.fault.kind in LOSES_A_NODE):
            if not self._told_apart(earlier, later):
                what, when = later.fault.kind, f"{later.start_s:g} s"
                yield f"{what} at {when} follows {earlier.fault.kind} too soon to be told apart"
        if (longest := self.longest_outage_s(schedule, system)) > self.outage_s:
            yield f"nobody is within reach for {longest:g} s, {self.outage_s:g} s are allowed"

    def longest_outage_s(self, schedule: Schedule, system: SystemUnderTest) -> float:
        """The longest time on end in which every working node is taken out."""
        working = {node.name for node in system.nodes if node.capacity}
        out = [(planned.start_s, self._away_until(planned), _out(planned, system)) for planned in schedule.faults]
        moments = sorted({moment for start_s, end_s, _ in out for moment in (start_s, end_s)})
        longest = current = 0.0
        for began_s, until_s in pairwise(moments):
            gone = set[str]().union(*(nodes for start_s, end_s, nodes in out if start_s <= began_s < end_s))
            current = current + until_s - began_s if gone >= working else 0.0
            longest = max(longest, current)
        return longest

    def _told_apart(self, earlier: Planned, later: Planned) -> bool:
        """Two losses, from two causes or from one."""
        if earlier.start_s == later.start_s and {earlier.fault.kind, later.fault.kind} <= AT_ONCE:
            return True
        lost_s = (earlier.end_s or self.seconds) if earlier.fault.kind in AGAIN_AND_AGAIN else earlier.start_s
        return later.start_s >= lost_s + self.apart_s

    def _untimely(self, planned: Planned) -> Iterator[str]:
        what = f"{planned.fault.kind} {planned.target}"
        if planned.start_s < self.lead_s:
            yield f"{what} begins at {planned.start_s:g} s, before {self.lead_s:g} s"
        if planned.end_s is None or planned.end_s > self.seconds - self.tail_s:
            yield f"{what} is not over {self.tail_s:g} s before the load's end at {self.seconds:g} s"

    def _away_until(self, planned: Planned) -> float:
        end_s = self.seconds if planned.end_s is None else planned.end_s
        return end_s + (self.back_s if planned.fault.kind in ENDS_A_PROCESS else 0.0)


def _out(planned: Planned, system: SystemUnderTest) -> set[str]:
    if planned.fault.kind in FAILS:
        return {planned.target}
    return set(planned.fault.takes_out(system, planned.target))


def site(target: str) -> str:
    """The node that a fault on this target is felt at: a node itself, or the far end of an edge."""
    return target.rsplit(ARROW, maxsplit=1)[-1]


def _by_site(faults: Sequence[Planned]) -> dict[str, list[Planned]]:
    sites: dict[str, list[Planned]] = {}
    for planned in faults:
        sites.setdefault(site(planned.target), []).append(planned)
    return sites
