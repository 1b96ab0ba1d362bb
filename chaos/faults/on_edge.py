"""What faults on edges have in common: they cut off what lies behind, in the directions that they disturb."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from chaos.clusters.cluster import Cluster, EdgeHandle, NodeHandle, Unproxied
from chaos.faults.fault import Impossible, TargetKind
from chaos.system_under_test import SystemUnderTest


@dataclass(frozen=True, slots=True)
class OnEdge:
    """A fault without parameters that lets nobody through; each says by itself what is otherwise."""

    hits: ClassVar[TargetKind] = TargetKind.EDGE

    def problems(self) -> Iterator[str]:
        return iter(())

    def takes_out(self, system: SystemUnderTest, target: str) -> tuple[str, ...]:
        return system.cut_off(target)


def ends(cluster: Cluster, target: str) -> tuple[EdgeHandle, NodeHandle]:
    """An edge, and the node behind it. Raises Impossible where the edge cannot be broken."""
    edge = cluster.edges[target]
    if isinstance(edge, Unproxied):
        raise Impossible(edge.unproxied)
    return edge, cluster.nodes[edge.edge.target]
