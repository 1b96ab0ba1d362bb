"""Every byte on an edge arrives later."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from chaos.clusters.cluster import Cluster
from chaos.faults.aim import Aimed, AimedHealing
from chaos.faults.arguments import number_problems
from chaos.faults.fault import Injection, about
from chaos.faults.on_edge import OnEdge, ends
from chaos.faults.slowdown import SlowedEdge
from chaos.faults.toxics import DIRECTIONS, WAY, Toxics, Way, way_problems
from chaos.system_under_test import SystemUnderTest


@dataclass(frozen=True, slots=True)
class Latency(OnEdge):
    """`ms` ± `jitter_ms` on every chunk of bytes, in each disturbed direction."""

    ms: int = field(metadata=about("milliseconds, at least 1"))
    jitter_ms: int = field(default=0, metadata=about("more or less at random, in milliseconds below `ms`"))
    direction: Way = field(default="down", metadata=WAY)

    kind: ClassVar[str] = "latency"
    inverse: ClassVar[str] = "quicken"
    label: ClassVar[str] = "slow"
    shown_by: ClassVar[str] = (
        "a probe's round trip through the edge has risen by 0.8 of the delay, while the node itself answers"
    )

    @property
    def least_s(self) -> float:
        """What a round trip takes longer at the very least, in seconds."""
        return (self.ms - self.jitter_ms) / 1000 * len(DIRECTIONS[self.direction])

    def problems(self) -> Iterator[str]:
        numbers = [*number_problems("ms", self.ms, least=1), *number_problems("jitter_ms", self.jitter_ms, least=0)]
        yield from numbers
        if not numbers and self.jitter_ms >= self.ms:
            yield f"jitter_ms {self.jitter_ms} is not smaller than ms {self.ms}"
        yield from way_problems(self.direction)

    def takes_out(self, system: SystemUnderTest, target: str) -> tuple[str, ...]:
        """Nobody, unless every answer comes later than the system waits for it."""
        patience_s = float(system.settings.get("worker_timeout_s", math.inf))
        return system.cut_off(target) if self.least_s >= patience_s else ()

    def on(self, cluster: Cluster, target: str) -> Injection:
        edge, behind = ends(cluster, target)
        attributes = {"latency": self.ms, "jitter": self.jitter_ms}
        return SlowedEdge(Toxics(edge, self.kind, "latency", attributes, self.direction), behind, self.least_s)


def latency(target: str, *, ms: int, jitter_ms: int = 0, direction: Way = "down") -> Aimed:
    """Slow an edge down by `ms` ± `jitter_ms`, until `quicken`."""
    return Aimed(Latency(ms, jitter_ms, direction), target)


def quicken(target: str) -> AimedHealing:
    """Take the delay off an edge that `latency` slowed down."""
    return AimedHealing(Latency.inverse, target)
