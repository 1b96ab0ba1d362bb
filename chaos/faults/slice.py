"""What is sent on an edge in one piece arrives in many small ones, with pauses between them."""

import math
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
class Slice(OnEdge):
    """For readers that take what arrives at once for the whole of a message.

    Pieces so large, or pauses so short, that a probe's few bytes take no time cannot be shown, and the run is
    INCONCLUSIVE: with a pause of 1 ms, pieces of 10 bytes.
    """

    size: int = field(default=16, metadata=about("bytes of a piece, about, at least 1"))
    vary: int = field(default=0, metadata=about("more or less at random, in bytes below `size`"))
    ms: int = field(default=10, metadata=about("the pause after each piece, in milliseconds, at least 1"))
    direction: Way = field(default="down", metadata=WAY)

    kind: ClassVar[str] = "slice"
    inverse: ClassVar[str] = "join"
    label: ClassVar[str] = "sliced"
    shown_by: ClassVar[str] = (
        "a probe's round trip through the edge has risen by 0.8 of the pauses within the 60 bytes that the shortest "
        "answer has, while the node itself answers"
    )

    @property
    def least_s(self) -> float:
        """What a round trip takes longer at the very least, in seconds."""
        pieces = math.ceil(SMALLEST_ANSWER / (self.size + self.vary))
        return (pieces - 1) * self.ms / 1000 * len(DIRECTIONS[self.direction])

    def problems(self) -> Iterator[str]:
        numbers = [*number_problems("size", self.size, least=1), *number_problems("vary", self.vary, least=0)]
        yield from numbers
        if not numbers and self.vary >= self.size:
            yield f"vary {self.vary} is not smaller than size {self.size}"
        yield from number_problems("ms", self.ms, least=1)
        yield from way_problems(self.direction)

    def takes_out(self, system: SystemUnderTest, target: str) -> tuple[str, ...]:  # noqa: ARG002 - whatever they are
        """Nobody: in the end everything is there."""
        return ()

    def on(self, cluster: Cluster, target: str) -> Injection:
        edge, behind = ends(cluster, target)
        attributes = {"average_size": self.size, "size_variation": self.vary, "delay": self.ms * 1000}
        return SlowedEdge(Toxics(edge, self.kind, "slicer", attributes, self.direction), behind, self.least_s)


def slice(target: str, *, size: int = 16, vary: int = 0, ms: int = 10, direction: Way = "down") -> Aimed:  # noqa: A001 - its name everywhere
    """Cut what an edge carries into pieces of about `size` ± `vary` bytes, with a pause after each, until `join`."""
    return Aimed(Slice(size, vary, ms, direction), target)


def join(target: str) -> AimedHealing:
    """Let an edge carry bytes again as they come, after `slice`."""
    return AimedHealing(Slice.inverse, target)
