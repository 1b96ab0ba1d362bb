"""What can be broken of a system, as data for whoever asks a person: kinds, targets, parameters."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields
from typing import Any, Final, Literal, cast, get_args, get_origin, get_type_hints

from chaos.clusters.cluster import Cluster, SelfInflicting
from chaos.faults.fault import ABOUT, Fault, TargetKind, fault_class, kinds
from chaos.fit import hittable

TYPES: Final = {int: "whole number", float: "number", str: "text", bool: "yes or no"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """`type` is one of TYPES, `default` None where one must be given; `choices` are all there are, if there are few."""

    name: str
    type: str
    default: Any
    about: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Breakable:
    """One kind of fault. `several` tells whether it takes a set of targets at once, joined by " + "."""

    kind: str
    inverse: str
    about: str
    several: bool
    targets: tuple[str, ...]
    parameters: tuple[Parameter, ...]


def catalogue(cluster: Cluster) -> tuple[Breakable, ...]:
    """Every kind that can be done to this cluster, with what it can be aimed at."""
    found = (_breakable(fault_class(kind), cluster) for kind in kinds())
    return tuple(each for each in found if each.targets)


def _breakable(kind: type[Fault], cluster: Cluster) -> Breakable:
    about = " ".join(
        (inspect.getdoc(importlib.import_module(kind.__module__)) or "").split("\n\n", maxsplit=1)[0].split()
    )
    return Breakable(
        kind=kind.kind,
        inverse=kind.inverse,
        about=about,
        several=kind.hits is TargetKind.EDGES,
        targets=tuple(name for name in hittable(kind, cluster.system) if _able(cluster, name, kind)),
        parameters=tuple(_parameters(kind)),
    )


def _able(cluster: Cluster, target: str, kind: type[Fault]) -> bool:
    """Whether the handle can do what the fault asks of it; the rest, the fault itself says when it is asked for."""
    needs = getattr(kind, "needs", None)
    if needs is None:
        return True
    handle = cluster.nodes.get(target) or cluster.edges[target]
    if needs is SelfInflicting:
        return isinstance(handle, needs) and kind.kind in cluster.system.node(target).inflicts
    return isinstance(handle, needs)


def _parameters(kind: type[Fault]) -> Iterator[Parameter]:
    hints = get_type_hints(kind)
    for each in fields(cast("Any", kind)):
        choices = get_args(hints[each.name]) if get_origin(hints[each.name]) is Literal else ()
        yield Parameter(
            each.name,
            "text" if choices else TYPES.get(hints[each.name], "text"),
            None if each.default is MISSING else each.default,
            str(each.metadata.get(ABOUT, "")),
            tuple(map(str, choices)),
        )
