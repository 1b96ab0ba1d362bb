"""What faults have in common that a node inflicts on itself because it is told to, from the inside of its own code."""

from typing import Any

from chaos.clusters.cluster import Cluster, Confession, SelfInflicting
from chaos.faults.fault import Impossible
from chaos.faults.on_node import unable


def inflicting(cluster: Cluster, target: str, kind: str) -> SelfInflicting:
    """The handle of a node that does this to itself when told. Raises Impossible."""
    node = cluster.nodes[target]
    if kind not in node.node.inflicts:
        raise Impossible(
            f"{target} does not inflict {kind} on itself; a node that can is described so (`inflicts` of `Node`)"
        )
    if not isinstance(node, SelfInflicting):
        raise unable(cluster, target, f"be told to inflict {kind} on itself")
    return node


class Infliction:
    """One kind of fault that one node inflicts on itself, with how often it had done so before."""

    def __init__(self, node: SelfInflicting, kind: str, parameters: dict[str, Any]) -> None:
        self._node = node
        self._kind = kind
        self._parameters = parameters
        self._before = self._struck(node.confession())

    async def begin(self) -> None:
        self._before = self._struck(self._node.confession())
        await self._node.inflict(self._kind, self._parameters)

    async def end(self) -> None:
        await self._node.spare(self._kind)

    def look(self) -> tuple[bool, int]:
        """Whether the node itself says that this is in force, and how often it has struck since it began."""
        confession = self._node.confession()
        in_force = confession.in_force.get(self._kind) == self._parameters
        return in_force, self._struck(confession) - self._before

    def _struck(self, confession: Confession) -> int:
        return confession.struck.get(self._kind, 0)
