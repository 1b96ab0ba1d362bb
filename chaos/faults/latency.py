"""Every byte on an edge arrives later."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from chaos.clusters.cluster import Cluster, EdgeHandle, NodeHandle
from chaos.faults.aim import Aimed, AimedHealing
from chaos.faults.arguments import number_problems
from chaos.faults.fault import Evidence, Injection, about
from chaos.faults.on_edge import OnEdge, ends
from chaos.faults.slowdown import Slowdown
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
        return LatencyInjection(self, *ends(cluster, target))


class LatencyInjection:
    def __init__(self, fault: Latency, edge: EdgeHandle, behind: NodeHandle) -> None:
        self._fault = fault
        self._slowdown = Slowdown(edge, behind)
        attributes = {"latency": fault.ms, "jitter": fault.jitter_ms}
        self._toxics = Toxics(edge, fault.kind, "latency", attributes, fault.direction)

    async def inject(self) -> None:
        await self._slowdown.take_baseline()
        await self._toxics.add()

    async def evidence(self, within_s: float) -> Evidence:
        return await self._slowdown.evidence(self._fault.least_s, within_s)

    async def heal(self) -> None:
        await self._toxics.remove()


def latency(target: str, *, ms: int, jitter_ms: int = 0, direction: Way = "down") -> Aimed:
    """Slow an edge down by `ms` ± `jitter_ms`, until `quicken`."""
    return Aimed(Latency(ms, jitter_ms, direction), target)


def quicken(target: str) -> AimedHealing:
    """Take the delay off an edge that `latency` slowed down."""
    return AimedHealing(Latency.inverse, target)
