"""Whether faults fit a system: the right kind of target, one after the other, in the time of a run."""

import math
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Final

from chaos.faults.aim import Planned
from chaos.faults.fault import Fault, TargetKind
from chaos.system_under_test import SystemUnderTest
from chaos.target_names import ARROW, target_parts

SWITCHING: Final = frozenset({"down", "flap"})
NEAR: Final = 0.6  # of 1 for the same name; what difflib itself takes for a close match


def misfits(faults: Iterable[Planned], system: SystemUnderTest) -> Iterator[str]:
    """Everything that is wrong with these faults, in the order of their start."""
    faults = tuple(faults)
    for planned in faults:
        yield from (f"{planned}: {problem}" for problem in _problems_of(planned, system))
    for (kind, target), group in _by_kind_and_target(faults).items():
        for earlier, later in pairwise(group):
            if earlier.end_s is None or later.start_s < earlier.end_s:
                yield f"{kind} on {target} begins at {later.start_s:g} s while the one before it is in force"

    for target, group in _switching(faults).items():
        for earlier, later in pairwise(group):
            if earlier.fault.kind != later.fault.kind and (earlier.end_s is None or later.start_s < earlier.end_s):
                yield (
                    f"{later.fault.kind} on {target} begins at {later.start_s:g} s while {earlier.fault.kind} is in "
                    "force there: each would undo the other"
                )


def _switching(faults: Iterable[Planned]) -> dict[str, list[Planned]]:
    """By edge, those that switch it off and on."""
    groups: dict[str, list[Planned]] = {}
    for planned in faults:
        if planned.fault.kind in SWITCHING:
            groups.setdefault(planned.target, []).append(planned)
    return groups


def _by_kind_and_target(faults: Iterable[Planned]) -> dict[tuple[str, str], list[Planned]]:
    groups: dict[tuple[str, str], list[Planned]] = {}
    for planned in faults:
        for part in target_parts(planned.target):
            groups.setdefault((planned.fault.kind, part), []).append(planned)
    return groups


def _problems_of(planned: Planned, system: SystemUnderTest) -> Iterator[str]:
    yield from planned.fault.problems()
    if not math.isfinite(planned.start_s):
        yield "it never begins"
    elif planned.start_s < 0:
        yield "it begins before the run does"
    if planned.end_s is not None and not planned.end_s > planned.start_s:
        yield "it ends before it begins"
    could_be_hit = hittable(planned.fault, system)
    for part in target_parts(planned.target) if planned.fault.hits is TargetKind.EDGES else (planned.target,):
        if part not in system.targets:
            yield f"{system.name} has no {part!r}; it has {', '.join(_near(part, could_be_hit))}"
        elif part not in could_be_hit:
            touching = [name for name in could_be_hit if _touch(name, part)]
            could = ", ".join(touching or could_be_hit)
            yield f"{planned.fault.kind} hits {planned.fault.hits}s only; it could hit {could}"


def hittable(fault: Fault | type[Fault], system: SystemUnderTest) -> tuple[str, ...]:
    """What it can be aimed at, in declared order."""
    if fault.hits is TargetKind.NODE:
        return tuple(node.name for node in system.nodes)
    return tuple(edge.name for edge in system.edges)


def _near(name: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those that `name` may be a slip for, the nearest first and else as declared; all of them where none is near."""
    likeness = {each: SequenceMatcher(None, name, each).ratio() for each in names}
    near = [each for each in names if likeness[each] >= NEAR]
    return tuple(sorted(near, key=lambda each: -likeness[each])) or names


def _touch(one: str, other: str) -> bool:
    """Whether an edge and a node, in whichever order, belong together."""
    return one in other.split(ARROW) or other in one.split(ARROW)
