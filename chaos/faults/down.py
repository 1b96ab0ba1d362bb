"""An edge is down: connections are refused, and those that were open are closed."""

from dataclasses import dataclass
from typing import ClassVar, Final

from chaos.clusters.cluster import Cluster, EdgeHandle, NodeHandle
from chaos.faults.aim import Aimed, AimedHealing
from chaos.faults.detour import only_the_edge_is
from chaos.faults.fault import Evidence, Injection
from chaos.faults.on_edge import OnEdge, ends
from chaos.probes import ProbeOutcome

PROBE_S: Final = 1.0  # a refusal takes less than a millisecond


@dataclass(frozen=True, slots=True)
class Down(OnEdge):
    kind: ClassVar[str] = "down"
    inverse: ClassVar[str] = "up"
    label: ClassVar[str] = "down"
    shown_by: ClassVar[str] = "a probe through the edge is refused while the node behind it, asked directly, answers"

    def on(self, cluster: Cluster, target: str) -> Injection:
        return DownInjection(*ends(cluster, target))


class DownInjection:
    def __init__(self, edge: EdgeHandle, behind: NodeHandle) -> None:
        self._edge = edge
        self._behind = behind

    async def inject(self) -> None:
        await self._edge.disable()

    async def evidence(self, within_s: float) -> Evidence:
        return await only_the_edge_is(
            frozenset({ProbeOutcome.REFUSED}), self._edge, self._behind, listen_s=PROBE_S, within_s=within_s
        )

    async def heal(self) -> None:
        await self._edge.enable()


def down(target: str) -> Aimed:
    """Take an edge down, until `up`."""
    return Aimed(Down(), target)


def up(target: str) -> AimedHealing:
    """Take an edge up again that `down` took down."""
    return AimedHealing(Down.inverse, target)
