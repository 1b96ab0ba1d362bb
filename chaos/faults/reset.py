"""Every connection on an edge is reset as soon as bytes flow on it, the open ones and each new one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Final

from chaos.clusters.cluster import Cluster, EdgeHandle, NodeHandle
from chaos.faults.aim import Aimed, AimedHealing
from chaos.faults.detour import only_the_edge_is
from chaos.faults.fault import Evidence, Injection
from chaos.faults.on_edge import OnEdge, ends
from chaos.faults.toxics import WAY, Toxics, Way, way_problems
from chaos.probes import ProbeOutcome

PROBE_S: Final = 1.0  # a reset connection shows within milliseconds


@dataclass(frozen=True, slots=True)
class Reset(OnEdge):
    """With direction `up` a request is cut before it arrives; with `down` it arrives, and its answer is cut."""

    direction: Way = field(default="up", metadata=WAY)

    kind: ClassVar[str] = "reset"
    inverse: ClassVar[str] = "settle"
    label: ClassVar[str] = "reset"
    shown_by: ClassVar[str] = "a probe through the edge is cut while the node behind it, asked directly, answers"

    def problems(self) -> Iterator[str]:
        yield from way_problems(self.direction)

    def on(self, cluster: Cluster, target: str) -> Injection:
        return ResetInjection(self, *ends(cluster, target))


class ResetInjection:
    def __init__(self, fault: Reset, edge: EdgeHandle, behind: NodeHandle) -> None:
        self._edge = edge
        self._behind = behind
        self._toxics = Toxics(edge, fault.kind, "reset_peer", {"timeout": 0}, fault.direction)

    async def inject(self) -> None:
        await self._toxics.add()

    async def evidence(self, within_s: float) -> Evidence:
        return await only_the_edge_is(
            frozenset({ProbeOutcome.CUT}), self._edge, self._behind, listen_s=PROBE_S, within_s=within_s
        )

    async def heal(self) -> None:
        await self._toxics.remove()


def reset(target: str, *, direction: Way = "up") -> Aimed:
    """Reset every connection on an edge, until `settle`."""
    return Aimed(Reset(direction), target)


def settle(target: str) -> AimedHealing:
    """Leave the connections of an edge alone that `reset` cut."""
    return AimedHealing(Reset.inverse, target)
