"""An edge carries few bytes a second: what is long arrives late, and what follows it later."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from chaos.clusters.cluster import Cluster
from chaos.faults.aim import Aimed, AimedHealing
from chaos.faults.arguments import number_problems
from chaos.faults.fault import Injection, about
from chaos.faults.on_edge import OnEdge, ends
from chaos.faults.slowdown import SMALLEST_ANSWER, SlowedEdge
from chaos.faults.toxics import DIRECTIONS, WAY, Toxics, Way, way_problems
from chaos.system_under_test import SystemUnderTest


@dataclass(frozen=True, slots=True)
class Bandwidth(OnEdge):
    """On each connection by itself, as Toxiproxy counts: two of them carry twice as much.

    A rate at which a probe's few bytes take no time cannot be shown, and the run is INCONCLUSIVE: above 12 KB/s.
    """

    kb_per_s: int = field(metadata=about("thousands of bytes a second, at least 1"))
    direction: Way = field(default="down", metadata=WAY)

    kind: ClassVar[str] = "bandwidth"
    inverse: ClassVar[str] = "widen"
    label: ClassVar[str] = "narrow"
    shown_by: ClassVar[str] = (
        "a probe's round trip through the edge has risen by 0.8 of what the 60 bytes take that the shortest answer "
        "has, while the node itself answers"
    )

    @property
    def least_s(self) -> float:
        """What a round trip takes longer at the very least, in seconds."""
        return SMALLEST_ANSWER / (self.kb_per_s * 1000) * len(DIRECTIONS[self.direction])

    def problems(self) -> Iterator[str]:
        yield from number_problems("kb_per_s", self.kb_per_s, least=1)
        yield from way_problems(self.direction)

    def takes_out(self, system: SystemUnderTest, target: str) -> tuple[str, ...]:  # noqa: ARG002 - whatever they are
        """Nobody: how much is too much for it depends on what is sent."""
        return ()

    def on(self, cluster: Cluster, target: str) -> Injection:
        edge, behind = ends(cluster, target)
        toxics = Toxics(edge, self.kind, "bandwidth", {"rate": self.kb_per_s}, self.direction)
        return SlowedEdge(toxics, behind, self.least_s)


def bandwidth(target: str, *, kb_per_s: int, direction: Way = "down") -> Aimed:
    """Let no more than so many thousands of bytes a second through on each connection of an edge, until `widen`."""
    return Aimed(Bandwidth(kb_per_s, direction), target)


def widen(target: str) -> AimedHealing:
    """Let an edge carry as much again as it can, after `bandwidth`."""
    return AimedHealing(Bandwidth.inverse, target)
