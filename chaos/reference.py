"""The catalogue as a page in Markdown: `python -m chaos.reference`.

Every fault, workload and invariant with what its own file says of it, so that nothing on the page is written twice, and
the documentation is built with what it is at the time (docs/conf.py).
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields
from typing import Any, Final, cast

from chaos import inputs, invariants, workload
from chaos.clusters.docker.node import DockerNode
from chaos.clusters.local.edge import LocalEdge
from chaos.clusters.local.node import LocalNode
from chaos.clusters.simulated.edge import SimulatedEdge
from chaos.clusters.simulated.node import SimulatedNode
from chaos.faults.fault import ABOUT, Fault, TargetKind, fault_class, kinds
from chaos.invariants.invariant import Factory

WORKLOADS: Final = (workload.constant, workload.poisson, workload.burst, workload.ramp, workload.closed)
INPUTS: Final = (inputs.sentences, inputs.hostile, inputs.from_file, inputs.mixed)
HANDLES: Final = {
    "simulated": (SimulatedNode, SimulatedEdge),
    "local": (LocalNode, LocalEdge),
    "docker": (DockerNode, LocalEdge),
}
LITERAL: Final = (" ", "- ")  # blocks that begin so stand as they are: examples and lists


def page() -> str:
    """Markdown."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield from (
        "# Catalogue",
        "",
        "Everything that can be broken, sent and promised, in the words of the files that hold it.",
        "",
    )
    yield from ("## Faults", "")
    yield from ("| fault | healed by | on | what it is |", "|---|---|---|---|")
    for kind in kinds():
        fault = fault_class(kind)
        what = _summary(_module(fault))
        yield f"| [`{kind}`](#{kind.replace('_', '-')}) | `{fault.inverse}` | {fault.hits} | {what} |"
    for kind in kinds():
        yield from _fault(fault_class(kind))
    yield from ("", "## Workloads", "", "Times in seconds, rates per second.")
    for make in (*WORKLOADS, *INPUTS):
        yield from _callable(make)
    yield from ("", "## Invariants")
    for name in invariants.__all__:
        made = getattr(invariants, name)
        if isinstance(made, Factory):
            yield from _callable(made)
    yield ""


def _fault(kind: type[Fault]) -> Iterator[str]:
    yield from ("", f"### {kind.kind}", "", _prose(_module(kind)))
    if own := _own_words(kind):
        yield from ("", _prose(own))
    yield from ("", f"- healed by: `{kind.inverse}`", f"- hits: {kind.hits}", f"- shown by: {kind.shown_by}")
    yield f"- substrates: {', '.join(_substrates(kind))}"
    for each in fields(cast("Any", kind)):
        default = "" if each.default is MISSING else f" = {each.default!r}"
        yield f"- `{each.name}{default}`: {each.metadata[ABOUT]}"


def _substrates(kind: type[Fault]) -> Iterator[str]:
    """Those whose handles have the ability that it needs."""
    needs = getattr(kind, "needs", None)
    for name, (node, edge) in HANDLES.items():
        handle = node if kind.hits is TargetKind.NODE else edge
        if needs is None or all(hasattr(handle, ability) for ability in _abilities(needs)):
            yield name


def _abilities(protocol: type) -> Iterator[str]:
    for each in protocol.__mro__:
        yield from (name for name, member in vars(each).items() if inspect.isfunction(member) and name[0] != "_")


def _callable(make: Callable[..., object] | Factory[...]) -> Iterator[str]:
    name = make.name if isinstance(make, Factory) else make.__name__
    yield from ("", f"### {name}", "", f"`{name}{_signature(make)}`", "", _prose(inspect.getdoc(make) or ""))


def _signature(make: Callable[..., object]) -> str:
    parameters = inspect.signature(make).parameters.values()
    return f"({', '.join(_parameter(each) for each in parameters)})"


def _parameter(parameter: inspect.Parameter) -> str:
    star = "*" if parameter.kind is inspect.Parameter.VAR_POSITIONAL else ""
    default = "" if parameter.default is inspect.Parameter.empty else f"={parameter.default!r}"
    return f"{star}{parameter.name}{default}"


def _module(kind: type[Fault]) -> str:
    return inspect.getdoc(importlib.import_module(kind.__module__)) or ""


def _own_words(kind: type[Fault]) -> str:
    """What a person wrote about the class; a dataclass without words gets its signature for some."""
    words = kind.__doc__ or ""
    return "" if words.startswith(f"{kind.__name__}(") else inspect.cleandoc(words)


def _summary(text: str) -> str:
    return _prose(text).split("\n", maxsplit=1)[0]


def _prose(text: str) -> str:
    """Paragraphs of one line each; what is indented stays as it stands."""
    blocks = text.split("\n\n")
    return "\n\n".join(block if block.startswith(LITERAL) else " ".join(block.split("\n")) for block in blocks)


if __name__ == "__main__":
    sys.stdout.write(page())
