"""What faults on nodes have in common: they take their node out, and need a handle that is able to be broken so."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from chaos.clusters.cluster import Cluster
from chaos.faults.fault import Impossible, TargetKind
from chaos.system_under_test import SystemUnderTest


@dataclass(frozen=True, slots=True)
class OnNode:
    """A fault without parameters that leaves its node unable to serve; each says by itself what is otherwise."""

    hits: ClassVar[TargetKind] = TargetKind.NODE

    def problems(self) -> Iterator[str]:
        return iter(())

    def takes_out(self, system: SystemUnderTest, target: str) -> tuple[str, ...]:
        return system.cut_off(target)


def unable(cluster: Cluster, target: str, to_do: str, *, elsewhere: str = "") -> Impossible:
    """What to raise where a handle lacks an ability: `to_do`, in words; `elsewhere` names a substrate that has it."""
    others = f"; {elsewhere} can do that" if elsewhere else ""
    return Impossible(f"{target} cannot {to_do} on the {cluster.substrate} substrate{others}")
