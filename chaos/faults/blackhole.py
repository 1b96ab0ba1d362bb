"""Bytes on an edge vanish, and nobody is told: connections stay open and silent."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, Final

from chaos.clusters.cluster import Cluster, EdgeHandle, NodeHandle
from chaos.faults.aim import Aimed, AimedHealing
from chaos.faults.detour import only_the_edge_is
from chaos.faults.fault import Evidence, Injection
from chaos.faults.on_edge import OnEdge, ends
from chaos.faults.toxics import WAY, Toxics, Way, way_problems
from chaos.probes import ProbeOutcome

SILENCE_S: Final = 0.3  # a ready node answers its probe in a few milliseconds
# Only bytes vanish: where requests still arrive, a server that closes after its answer closes the edge all the same.
UNANSWERED: Final[Mapping[str, frozenset[ProbeOutcome]]] = MappingProxyType(
    {
        "up": frozenset({ProbeOutcome.SILENT}),
        "down": frozenset({ProbeOutcome.SILENT, ProbeOutcome.CUT}),
        "both": frozenset({ProbeOutcome.SILENT}),
    }
)


@dataclass(frozen=True, slots=True)
class Blackhole(OnEdge):
    direction: Way = field(default="both", metadata=WAY)

    kind: ClassVar[str] = "blackhole"
    inverse: ClassVar[str] = "unplug"
    label: ClassVar[str] = "black hole"
    shown_by: ClassVar[str] = (
        "a probe through the edge is met by silence while the node behind it, asked directly, answers"
    )

    def problems(self) -> Iterator[str]:
        yield from way_problems(self.direction)

    def on(self, cluster: Cluster, target: str) -> Injection:
        return BlackholeInjection(self, *ends(cluster, target))


class BlackholeInjection:
    def __init__(self, fault: Blackhole, edge: EdgeHandle, behind: NodeHandle) -> None:
        self._fault = fault
        self._edge = edge
        self._behind = behind
        self._toxics = Toxics(edge, fault.kind, "timeout", {"timeout": 0}, fault.direction)

    async def inject(self) -> None:
        await self._toxics.add()

    async def evidence(self, within_s: float) -> Evidence:
        return await only_the_edge_is(
            UNANSWERED[self._fault.direction], self._edge, self._behind, listen_s=SILENCE_S, within_s=within_s
        )

    async def heal(self) -> None:
        """Toxiproxy closes the connections that were swallowed: bytes are missing in them for good."""
        await self._toxics.remove()


def blackhole(target: str, *, direction: Way = "both") -> Aimed:
    """Swallow every byte on an edge, until `unplug`."""
    return Aimed(Blackhole(direction), target)


def unplug(target: str) -> AimedHealing:
    """Let bytes through again on an edge that `blackhole` swallowed them on."""
    return AimedHealing(Blackhole.inverse, target)
