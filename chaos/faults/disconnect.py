"""A node loses its network, as when a cable is pulled, and gets it back under another address.

What was open stays so at both ends, and nobody is told; whoever knew the node by its address has lost it for good.
"""

from dataclasses import dataclass
from typing import ClassVar, Final

from chaos.clusters.cluster import Cluster, Disconnectable, Phase
from chaos.faults.aim import Aimed, AimedHealing
from chaos.faults.fault import Evidence, Injection
from chaos.faults.on_node import OnNode, unable

PROBE_S: Final = 0.3  # a ready node answers its probe in a few milliseconds
SHARE: Final = 0.8  # of a short window that may be spent on waiting for it


@dataclass(frozen=True, slots=True)
class Disconnect(OnNode):
    """Where nodes share one network, as the processes of a machine do, there is no such fault."""

    kind: ClassVar[str] = "disconnect"
    inverse: ClassVar[str] = "reconnect"
    label: ClassVar[str] = "disconnected"
    needs: ClassVar[type] = Disconnectable
    shown_by: ClassVar[str] = "the node runs, has no address in its network, and a probe of it is not answered"

    def on(self, cluster: Cluster, target: str) -> Injection:
        if not isinstance(node := cluster.nodes[target], Disconnectable):
            raise unable(cluster, target, "be disconnected from its network", elsewhere="docker")
        return DisconnectInjection(node)


class DisconnectInjection:
    """Remembers the address that the node had, for whoever reads the evidence."""

    def __init__(self, node: Disconnectable) -> None:
        self._node = node
        self._had = ""

    async def inject(self) -> None:
        self._had = await self._node.network_address()
        await self._node.disconnect()

    async def evidence(self, within_s: float) -> Evidence:
        probe = await self._node.probe(min(PROBE_S, SHARE * within_s))
        state, has = await self._node.state(), await self._node.network_address()
        return Evidence(
            bit=state.phase is Phase.RUNNING and not has and not probe.answered,
            evidence=f"{self._node.node.name} is {state}, had the address {self._had or 'none'}, "
            f"has {has or 'none'}, its probe is {probe}",
            figures={"had": self._had, "has": has, "phase": state.phase.value, "probe": probe.outcome.value},
        )

    async def heal(self) -> None:
        """Returns once the node is ready again, where it can be reached again."""
        await self._node.reconnect()


def disconnect(target: str) -> Aimed:
    """Take a node out of its network, until `reconnect`."""
    return Aimed(Disconnect(), target)


def reconnect(target: str) -> AimedHealing:
    """Put a node back into its network that `disconnect` took out of it."""
    return AimedHealing(Disconnect.inverse, target)
