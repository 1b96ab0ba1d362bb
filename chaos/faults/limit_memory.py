"""A node gets little memory: it slows down as it runs short, and is killed when it needs more."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Final

from chaos.clusters.cluster import Cluster, MemoryLimitable, Startable
from chaos.faults.aim import Aimed, AimedHealing
from chaos.faults.arguments import choice_problems, number_problems
from chaos.faults.fault import Evidence, Injection, about
from chaos.faults.on_node import OnNode, unable
from chaos.system_under_test import SystemUnderTest

LEAST_MIB: Final = 6  # less is refused by Docker
SHORT: Final = 0.9  # of its limit: a node that uses as much is short of memory


@dataclass(frozen=True, slots=True)
class LimitMemory(OnNode):
    """Where a single process of the machine cannot be limited from outside, there is no such fault.

    Kernels with the first version of control groups take no limit below what is used already; one that leaves a little
    to spare means the same on every machine, and kills a node in the middle of what takes more.
    """

    mib: int = field(metadata=about("the most it may use, in MiB, at least 6 unless it is to spare"))
    spare: bool = field(default=False, metadata=about("whether that is on top of what it uses when this begins"))

    kind: ClassVar[str] = "limit_memory"
    inverse: ClassVar[str] = "unlimit_memory"
    label: ClassVar[str] = "short of memory"
    needs: ClassVar[type] = MemoryLimitable
    shown_by: ClassVar[str] = (
        "the limit is in force, and the node uses nine tenths of it or has been killed for want of more since"
    )

    def problems(self) -> Iterator[str]:
        yield from number_problems("mib", self.mib, least=1 if self.spare is True else LEAST_MIB)
        yield from choice_problems("spare", self.spare, (True, False))

    def takes_out(self, system: SystemUnderTest, target: str) -> tuple[str, ...]:  # noqa: ARG002 - whatever they are
        """Nobody, as long as it is not killed; whether it will be, nobody knows beforehand."""
        return ()

    def on(self, cluster: Cluster, target: str) -> Injection:
        if not isinstance(node := cluster.nodes[target], MemoryLimitable):
            raise unable(cluster, target, "be limited in its memory", elsewhere="docker")
        return LimitMemoryInjection(self, node)


class LimitMemoryInjection:
    """Remembers what its limit is, and how often the node was killed before."""

    def __init__(self, fault: LimitMemory, node: MemoryLimitable) -> None:
        self._fault = fault
        self._node = node
        self._mib = fault.mib
        self._kills_before = 0

    async def inject(self) -> None:
        before = await self._node.memory()
        self._kills_before = before.kills
        self._mib = self._fault.mib + (math.ceil(before.used) if self._fault.spare else 0)
        await self._node.limit_memory(self._mib)

    async def evidence(self, within_s: float) -> Evidence:  # noqa: ARG002 - one look is all it takes
        memory = await self._node.memory()
        kills = memory.kills - self._kills_before
        limited = memory.limit is not None and memory.limit <= self._mib
        limit = "no limit" if memory.limit is None else f"{memory.limit:.0f} MiB"
        return Evidence(
            bit=limited and (kills > 0 or memory.used >= SHORT * self._mib),
            evidence=f"{self._node.node.name} uses {memory.used:.0f} MiB of {limit}, killed {kills} times for more",
            figures={"limit_mib": memory.limit, "used_mib": memory.used, "kills": kills},
        )

    async def heal(self) -> None:
        """A node that was killed for it is ready again once this returns."""
        await self._node.unlimit_memory()
        if isinstance(self._node, Startable) and (await self._node.memory()).kills > self._kills_before:
            await self._node.start()


def limit_memory(target: str, *, mib: int, spare: bool = False) -> Aimed:
    """Let a node use no more than so many MiB, or so many more than it does, until `unlimit_memory`."""
    return Aimed(LimitMemory(mib, spare), target)


def unlimit_memory(target: str) -> AimedHealing:
    """Let a node use as much memory again as it wants, after `limit_memory`."""
    return AimedHealing(LimitMemory.inverse, target)
