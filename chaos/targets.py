"""Targets that are left to chance: written in the place of a name, and drawn from the seed of the schedule.

    crash(one_of("worker1", "worker2")).at(3)
    partition(minority).between(3, 6)

    one_of(…)    one of these names
    minority     fewer than half of the workers, as many of them as that can be
    majority     more than half of them, as few as that can be
    all_workers  every node that has a capacity

A fault on edges takes those that lead to the drawn workers. Each fault draws for itself, and leaves out whom a fault of
its kind already has at the time. As text in a schedule file these are what they look like: "minority",
"one_of(worker1, worker2)".
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from chaos.faults.aim import Planned
from chaos.faults.fault import TargetKind
from chaos.system_under_test import SystemUnderTest
from chaos.target_names import ARROW, joined, target_name, target_parts

minority: Final = "minority"
majority: Final = "majority"
all_workers: Final = "all_workers"

ONE_OF: Final = re.compile(r"one_of\((.*)\)")


def one_of(*names: str) -> str:
    """One of these nodes or edges. Raises ValueError where there is none to choose from."""
    if not names:
        raise ValueError("one_of() names nobody to choose from")
    return f"one_of({', '.join(map(target_name, names))})"


class Undrawable(Exception):
    """Nobody, or too few, can be drawn; the message says of whom and why."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """For one schedule on one system. `planned` grows by what is drawn, so that the next draw can leave it out."""

    system: SystemUnderTest
    rng: Random
    planned: list[Planned]

    def of(self, fault: Planned) -> tuple[Planned, ...]:
        """The same fault on every target that its own one stands for. Raises Undrawable."""
        hits = fault.fault.hits
        if hits is TargetKind.EDGES:
            edges = {edge for part in target_parts(fault.target) for edge in self._touching(part)}
            known = [edge.name for edge in self.system.edges if edge.name in edges]
            drawn: Sequence[str] = [joined((*known, *sorted(edges - set(known))))]
        elif stands_for_others(fault.target):
            drawn = [name for choice in self._choose(fault) for name in self._aimed(choice, hits)]
        else:
            return (fault,)
        return tuple(replace(fault, target=target) for target in drawn)

    def _choose(self, fault: Planned) -> tuple[str, ...]:
        names, number = self._among(fault.target)
        free = [name for name in names if not any(map(self._clashes(fault), self._aimed(name, fault.fault.hits)))]
        if len(free) < number:
            busy = f", and only {len(free)} are free of {fault.fault.kind}" if len(free) < len(names) else ""
            raise Undrawable(f"{number} of {', '.join(names) or 'nobody'} cannot be drawn{busy}")
        chosen = set(self.rng.sample(free, number))
        return tuple(name for name in names if name in chosen)

    def _among(self, target: str) -> tuple[tuple[str, ...], int]:
        """Whom to draw from, and how many of them."""
        if match := ONE_OF.fullmatch(target):
            names = tuple(dict.fromkeys(target_name(name) for name in match[1].split(",")))
            if strange := [name for name in names if name not in self.system.targets]:
                raise Undrawable(f"{self.system.name} has no {', '.join(map(repr, strange))}")
            return names, 1
        workers = tuple(node.name for node in self.system.nodes if node.capacity)
        number = {minority: (len(workers) - 1) // 2, majority: len(workers) // 2 + 1, all_workers: len(workers)}[target]
        if not workers or number < 1:
            raise Undrawable(f"{self.system.name} has {len(workers)} workers, which have no {target}")
        return workers, number

    def _aimed(self, name: str, hits: TargetKind) -> tuple[str, ...]:
        """What a fault hits for the sake of a chosen node or edge."""
        if hits is TargetKind.NODE or ARROW in name:
            return (name,)
        return tuple(edge.name for edge in self.system.edges if edge.target == name)

    def _touching(self, part: str) -> Iterator[str]:
        """The edges that a part of a set of edges stands for: itself, or those of a node, or of whoever is drawn."""
        if stands_for_others(part):
            names, number = self._among(part)
            for name in sorted(self.rng.sample(names, number)):
                yield from self._touching(name)
        elif part in {node.name for node in self.system.nodes}:
            yield from (edge.name for edge in self.system.edges if part in (edge.source, edge.target))
        else:
            yield part

    def _clashes(self, fault: Planned) -> "Clash":
        return Clash(fault, tuple(self.planned))


@dataclass(frozen=True, slots=True)
class Clash:
    """Whether a fault of the kind of `fault` is in force on a target at its time."""

    fault: Planned
    planned: tuple[Planned, ...]

    def __call__(self, target: str) -> bool:
        return any(
            each.fault.kind == self.fault.fault.kind
            and each.target == target
            and each.start_s < _end_s(self.fault)
            and self.fault.start_s < _end_s(each)
            for each in self.planned
        )


def _end_s(planned: Planned) -> float:
    return math.inf if planned.end_s is None else planned.end_s


def stands_for_others(target: str) -> bool:
    """Whether it is drawn rather than named."""
    return target in (minority, majority, all_workers) or ONE_OF.fullmatch(target) is not None


def draw(faults: Sequence[Planned], system: SystemUnderTest, seed: int) -> tuple[tuple[Planned, ...], tuple[str, ...]]:
    """Every fault on targets that the system has by name, and why nobody can be drawn for the others."""
    to_draw = [each for each in faults if each.fault.hits is TargetKind.EDGES or stands_for_others(each.target)]
    drawing = Drawing(system, Random(f"targets {seed}"), [each for each in faults if each not in to_draw])
    undrawable: list[str] = []
    for fault in to_draw:
        try:
            drawing.planned.extend(drawing.of(fault))
        except Undrawable as problem:
            undrawable.append(f"{fault}: {problem}")
    return tuple(drawing.planned), tuple(undrawable)
