"""A network split: every byte on a set of edges vanishes, in both directions, and nobody is told."""

import asyncio
from dataclasses import dataclass
from typing import ClassVar, Final

from chaos.clusters.cluster import Cluster, EdgeHandle, NodeHandle
from chaos.faults.aim import Aimed, AimedHealing
from chaos.faults.detour import only_the_edge_is
from chaos.faults.fault import Evidence, Injection, TargetKind
from chaos.faults.on_edge import OnEdge, ends
from chaos.faults.toxics import Toxics
from chaos.probes import ProbeOutcome
from chaos.target_names import joined, target_parts

SILENCE_S: Final = 0.3  # a ready node answers its probe in a few milliseconds


@dataclass(frozen=True, slots=True)
class Partition(OnEdge):
    """Of edges, or of nodes, which stand for all of their edges: `partition("worker1", "client→coordinator")`."""

    kind: ClassVar[str] = "partition"
    inverse: ClassVar[str] = "repair"
    hits: ClassVar[TargetKind] = TargetKind.EDGES
    label: ClassVar[str] = "partition"
    shown_by: ClassVar[str] = (
        "a probe through each of the edges is met by silence, while the nodes behind them, asked directly, answer"
    )

    def on(self, cluster: Cluster, target: str) -> Injection:
        return PartitionInjection(self.kind, [ends(cluster, part) for part in target_parts(target)])


class PartitionInjection:
    def __init__(self, kind: str, edges: list[tuple[EdgeHandle, NodeHandle]]) -> None:
        self._edges = edges
        self._toxics = [Toxics(edge, kind, "timeout", {"timeout": 0}, "both") for edge, _ in edges]

    async def inject(self) -> None:
        await asyncio.gather(*(toxics.add() for toxics in self._toxics))

    async def evidence(self, within_s: float) -> Evidence:
        """On all of them at once."""
        looks = await asyncio.gather(
            *(
                only_the_edge_is(frozenset({ProbeOutcome.SILENT}), *each, listen_s=SILENCE_S, within_s=within_s)
                for each in self._edges
            )
        )
        return Evidence(
            bit=all(look.bit for look in looks),
            evidence="; ".join(look.evidence for look in looks),
            figures={"silent": sum(look.bit for look in looks), "edges": len(looks)},
        )

    async def heal(self) -> None:
        """Toxiproxy closes the connections that were swallowed: bytes are missing in them for good."""
        healed = await asyncio.gather(*(toxics.remove() for toxics in self._toxics), return_exceptions=True)
        for problem in healed:
            if problem is not None:
                raise problem


def partition(*targets: str) -> Aimed:
    """Cut these edges, and all edges of these nodes, until `repair` of the same."""
    return Aimed(Partition(), joined(targets))


def repair(*targets: str) -> AimedHealing:
    """Let bytes through again on what `partition` of the same targets cut."""
    return AimedHealing(Partition.inverse, joined(targets))
