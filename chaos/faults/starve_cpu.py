"""A node gets no more than a share of one processor: it does all that it did, only later."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Final

from chaos.clusters.cluster import Cluster, Starvable
from chaos.faults.aim import Aimed, AimedHealing
from chaos.faults.arguments import share_problems
from chaos.faults.fault import Evidence, Injection, about
from chaos.faults.on_node import OnNode, unable
from chaos.probes import ProbeOutcome
from chaos.system_under_test import SystemUnderTest

PROBE_S: Final = 1.0  # a node that gets a tenth of a processor may need half a second for its few milliseconds of work
LOOK_S: Final = 0.5  # for measuring the share; a few times the period in which shares are counted
SHARE: Final = 0.4  # of a short window, for the measurement; as much again for the probe


@dataclass(frozen=True, slots=True)
class StarveCpu(OnNode):
    """Shares are of one processor, counted over a tenth of a second."""

    share: float = field(default=0.2, metadata=about("of one processor, above 0 and below 1"))

    kind: ClassVar[str] = "starve_cpu"
    inverse: ClassVar[str] = "feed_cpu"
    label: ClassVar[str] = "starved"
    needs: ClassVar[type] = Starvable
    shown_by: ClassVar[str] = (
        "measured, or read from whoever enforces it, the node gets more than nothing and less than half way from "
        "`share` to a whole processor, and it is not paused"
    )

    def problems(self) -> Iterator[str]:
        yield from share_problems("share", self.share)

    def takes_out(self, system: SystemUnderTest, target: str) -> tuple[str, ...]:  # noqa: ARG002 - whatever they are
        """Nobody: what is slow still serves."""
        return ()

    def on(self, cluster: Cluster, target: str) -> Injection:
        if not isinstance(node := cluster.nodes[target], Starvable):
            raise unable(cluster, target, "be starved")
        return StarveCpuInjection(self, node)


class StarveCpuInjection:
    def __init__(self, fault: StarveCpu, node: Starvable) -> None:
        self._fault = fault
        self._node = node

    async def inject(self) -> None:
        await self._node.starve(self._fault.share)

    async def evidence(self, within_s: float) -> Evidence:
        """Its probe is for whoever reads this: how much slower it is depends on what it takes to answer one."""
        share = await self._node.processor_share(min(LOOK_S, SHARE * within_s))
        probe = await self._node.probe(min(PROBE_S, SHARE * within_s))
        return Evidence(
            bit=0 < share <= (1 + self._fault.share) / 2 and probe.outcome is not ProbeOutcome.REFUSED,
            evidence=f"{self._node.node.name} gets {share:.0%} of a processor, its probe is {probe}",
            figures={"share": share, "asked": self._fault.share, "probe_ms": probe.seconds * 1000},
        )

    async def heal(self) -> None:
        await self._node.feed()


def starve_cpu(target: str, *, share: float = 0.2) -> Aimed:
    """Leave a node no more than this share of one processor, until `feed_cpu`."""
    return Aimed(StarveCpu(share), target)


def feed_cpu(target: str) -> AimedHealing:
    """Give a node that `starve_cpu` starved all there is again."""
    return AimedHealing(StarveCpu.inverse, target)
