"""A node that is one container."""

import asyncio
from collections.abc import Callable
from typing import Final

from chaos.clusters.cluster import Memory, NodeState, Phase, UnexpectedExit
from chaos.clusters.docker.process import ContainerProcess
from chaos.clusters.docker.published import attempt_published
from chaos.clusters.docker.state import MIB
from chaos.clusters.orders import Orders
from chaos.clusters.process_node import ProcessNode
from chaos.probes import ProbeResult
from chaos.system_under_test import Node

PERIOD_US: Final = 100_000  # in which the kernel counts what a group may have of a processor


class DockerNode(ProcessNode):
    """Can be starved and limited in memory too, by the engine, whose word is the evidence."""

    def __init__(
        self,
        node: Node,
        process: ContainerProcess,
        address: str,
        *,
        inside: int,
        orders: Orders,
        on_exit: Callable[[UnexpectedExit], None],
    ) -> None:
        """`address` is where the node's port is published on this machine; its containers listen on `inside`."""
        super().__init__(node, process, address, orders=orders, on_exit=on_exit)
        self._contained = process
        self._inside = inside

    @property
    def _listens_on(self) -> str:
        return str(self._inside)

    async def state(self) -> NodeState:
        return await self._contained.node_state()

    async def probe(self, timeout_s: float) -> ProbeResult:
        return await attempt_published(self.node.readiness, self.address, self._within, timeout_s=timeout_s)

    async def _within(self) -> str:
        """Another life may have another address."""
        return f"{await self.network_address()}:{self._inside}"

    async def starve(self, share: float) -> None:
        await self._contained.limit(cpu_period=PERIOD_US, cpu_quota=max(1000, round(share * PERIOD_US)))

    async def feed(self) -> None:
        if (await self._contained.limits()).get("CpuQuota", 0) > 0:
            await self._contained.limit(cpu_quota=-1)

    async def processor_share(self, within_s: float) -> float:  # noqa: ARG002 - one look is enough
        if (await self.state()).phase is not Phase.RUNNING:
            return 0.0
        limits = await self._contained.limits()
        quota, period = limits.get("CpuQuota", 0), limits.get("CpuPeriod") or PERIOD_US
        return min(1.0, quota / period) if quota > 0 else 1.0

    async def limit_memory(self, mib: int) -> None:
        # Without swap, which would only make it slow.
        await self._contained.limit(mem_limit=mib * MIB, memswap_limit=mib * MIB)

    async def unlimit_memory(self) -> None:
        if await self._memory_limit() is not None:
            # An engine takes no limit back, but any that is high enough to be none.
            none = await self._contained.memory_of_machine()
            await self._contained.limit(mem_limit=none, memswap_limit=none)

    async def _memory_limit(self) -> int | None:
        """In bytes; None where it is the machine's own."""
        limit = (await self._contained.limits()).get("Memory", 0)
        return limit if 0 < limit < await self._contained.memory_of_machine() else None

    async def memory(self) -> Memory:
        limit = await self._memory_limit()
        used = await self._contained.memory_used()
        return Memory(limit=None if limit is None else limit / MIB, used=used / MIB, kills=self._contained.memory_kills)

    async def disconnect(self) -> None:
        await self._contained.leave_network()

    async def reconnect(self) -> None:
        await self._contained.join_network()
        await self.start()

    async def network_address(self) -> str:
        return await asyncio.to_thread(self._contained.address)

    async def recover(self) -> None:
        await self._contained.join_network()
        await self.feed()
        await self.unlimit_memory()
        await super().recover()
