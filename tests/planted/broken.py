"""The bundled system with a bug planted in its coordinator."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from chaos.bundled import COORDINATOR, NOTHING, bundled
from chaos.recipe import remakeable
from chaos.system_under_test import SystemUnderTest, Variant
from tests.planted.coordinator import planted

PROGRAM: Final = Path(__file__).with_name("coordinator.py")
IN_IMAGE: Final = "/app"  # where the coordinator's image has what the program imports; of no meaning elsewhere


@dataclass(frozen=True, slots=True)
class Planting:
    """A scope in which the core has the bug."""

    bug: str

    def __call__(self) -> AbstractContextManager[None]:
        return planted(self.bug)


@remakeable
def broken(
    bug: str, *, coordinator: Mapping[str, str] = NOTHING, worker: Mapping[str, str] = NOTHING
) -> SystemUnderTest:
    """`bug` is one of `tests.planted.coordinator.BUGS`; the other arguments are those of `bundled`."""
    system = bundled(coordinator=coordinator, worker=worker)
    nodes = {node.name: node for node in system.nodes}
    sound = nodes[COORDINATOR]
    nodes[COORDINATOR] = replace(
        sound,
        command=("{python}", PROGRAM.name, bug),
        directory=PROGRAM.parent,
        environment={**sound.environment, "PYTHONPATH": IN_IMAGE},
        twin=Variant(sound.command, Planting(bug)),
    )
    return replace(system, nodes=tuple(nodes.values()))
