"""What a fault is: a value with a kind and parameters, and what it does to one target, as one package.

A fault says how it is injected, how it is healed and how anybody can see that it bit. As a value it is pure; `on` gives
the `Injection` that acts:

    injection = Latency(ms=300).on(cluster, "coordinator→worker2")
    await injection.inject()          # takes its baseline first, where it needs one
    await injection.evidence(1.0)     # an independent look, while it is in force
    await injection.heal()            # always allowed: twice, or after an inject that was cut short

A fault lives in the file that is named after its kind, as a frozen dataclass whose fields are its parameters; being
there is all the registration there is.
"""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from inspect import isclass
from typing import Any, ClassVar, Final, Protocol, cast, runtime_checkable

from chaos import faults
from chaos.clusters.cluster import Cluster
from chaos.problems import HarnessProblem
from chaos.system_under_test import SystemUnderTest


class TargetKind(StrEnum):
    NODE = "node"
    EDGE = "edge"
    EDGES = "set of edges"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Whether a fault bites, in words that carry the figures."""

    bit: bool
    evidence: str
    figures: Mapping[str, Any] = field(default_factory=dict)


class Injection(Protocol):
    """One fault on one target of one cluster; holds what it needs to be healed and compared with."""

    async def inject(self) -> None: ...

    async def evidence(self, within_s: float) -> Evidence:
        """Look whether it bites right now, in at most `within_s`, never by what was asked of the substrate."""

    async def heal(self) -> None: ...


@runtime_checkable
class Fault(Protocol):
    """`inverse` is the verb that heals it; `label` is what pictures call it, in the colour of the palette.

    `shown_by` says in words what its evidence is. A fault that not every handle can be broken by says in `needs` (of
    `chaos.clusters.cluster`) what a handle must be.
    """

    kind: ClassVar[str]
    inverse: ClassVar[str]
    hits: ClassVar[TargetKind]
    label: ClassVar[str]
    shown_by: ClassVar[str]

    def problems(self) -> Iterator[str]:
        """What is wrong with the parameters."""

    def takes_out(self, system: SystemUnderTest, target: str) -> tuple[str, ...]:
        """The working nodes that cannot serve while this is in force on `target`."""

    def on(self, cluster: Cluster, target: str) -> Injection:
        """Touches nothing yet. Raises Impossible when the substrate cannot do this to that target."""


ABOUT: Final = "about"


def about(words: str) -> dict[str, str]:
    """The metadata of a parameter's field: what it is, with its unit and bounds, for the catalogue in the docs."""
    return {ABOUT: words}


class Impossible(HarnessProblem):
    """The substrate has no way to break this target like that."""


class UnknownFault(HarnessProblem):
    """No file of this package describes a fault of that kind, or its parameters are others."""


def fault_class(kind: str) -> type[Fault]:
    """The class in the file named after `kind`. Raises UnknownFault."""
    if kind.isidentifier():
        try:
            module = importlib.import_module(f"{faults.__name__}.{kind}")
        except ModuleNotFoundError as problem:
            if problem.name != f"{faults.__name__}.{kind}":
                raise  # the file is there and itself imports something that is not
        else:
            for member in vars(module).values():
                if isclass(member) and vars(member).get("kind") == kind:
                    return cast("type[Fault]", member)
    raise UnknownFault(f"no fault is called {kind!r}; there are {', '.join(kinds())}")


def kinds() -> tuple[str, ...]:
    """Every kind there is, in alphabetical order."""
    return tuple(
        name
        for _, name, _ in sorted(pkgutil.iter_modules(faults.__path__), key=lambda module: module.name)
        if any(
            isclass(member) and vars(member).get("kind") == name
            for member in vars(importlib.import_module(f"{faults.__name__}.{name}")).values()
        )
    )


def healed_by(verb: str) -> tuple[str, ...]:
    """The kinds that a healing verb ends."""
    return tuple(kind for kind in kinds() if fault_class(kind).inverse == verb)


def parameters(fault: Fault) -> dict[str, Any]:
    """The fields of a fault, as JSON."""
    return asdict(cast("Any", fault))


def remake(kind: str, given: Mapping[str, Any]) -> Fault:
    """The fault that `kind` and `parameters` describe. Raises UnknownFault."""
    made_by = fault_class(kind)
    known = {each.name for each in fields(cast("Any", made_by))}
    if strange := sorted(set(given) - known):
        raise UnknownFault(
            f"{kind} has no parameter {', '.join(map(repr, strange))}; it has {', '.join(sorted(known)) or 'none'}"
        )
    try:
        return made_by(**given)
    except TypeError as problem:
        raise UnknownFault(f"{kind}: {problem}") from problem
