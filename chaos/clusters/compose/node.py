"""A node that is one container of a Compose project, which belongs to somebody else and is given back."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from docker import DockerClient
from docker.models.containers import Container

from chaos.clusters.cluster import NodeState, UnexpectedExit
from chaos.clusters.compose.project import Member
from chaos.clusters.docker.engine import obeying
from chaos.clusters.docker.network import DockerNetwork
from chaos.clusters.docker.process import ContainerProcess, Plan
from chaos.clusters.orders import Orders
from chaos.clusters.process_node import ProcessNode
from chaos.probes import ProbeOutcome, ProbeResult, attempt
from chaos.processes.process import ProcessState
from chaos.system_under_test import Node

STOP_S: Final = 25  # longer than any drain of the bundled system


class ComposeProcess(ContainerProcess):
    """`start` begins with ending the life that it meets, `stop` ends with the beginning of another."""

    def __init__(self, name: str, member: Member, *, engine: DockerClient, log: Path) -> None:
        network = DockerNetwork(member.network, engine=engine, labels={}, bystander="")
        super().__init__(Plan(name, "", (), {}, {}, network, {}), engine=engine, log=log)
        self._member = member

    async def stop(self, grace_s: float) -> ProcessState:
        """It runs again whatever went wrong before. Raises ClusterProblem."""
        try:
            return await super().stop(grace_s)
        finally:
            await asyncio.to_thread(self._give_back)

    async def begun_by_engine(self) -> str:
        """When its present life began, if a policy of the container's own was the reason for it; else the empty string.

        Nothing else here notices: to the engine such a container runs on, and nobody reads what it says from then on.
        """
        told = await asyncio.to_thread(self._inspect)
        state = told["State"]
        return str(state["StartedAt"]) if told.get("RestartCount") and not state.get("Restarting") else ""

    def _create(self) -> Container:
        container = self._unpaused()
        container.stop(timeout=STOP_S)
        return container

    def _give_back(self) -> None:
        with obeying(f"{self.name}: start"):
            self._unpaused().start()

    def _unpaused(self) -> Container:
        container = self._engine.containers.get(self._member.id)
        if container.status == "paused":
            container.unpause()
        return container

    def _end(self, grace_s: float) -> None:
        self._unpause()
        self.container.stop(timeout=max(1, round(grace_s)))


class ComposeNode(ProcessNode):
    """Can be killed, told to end, paused and started again."""

    def __init__(
        self,
        node: Node,
        process: ComposeProcess,
        member: Member,
        *,
        orders: Orders,
        on_exit: Callable[[UnexpectedExit], None],
    ) -> None:
        address = member.published or f"{node.name}:{member.port}"
        super().__init__(node, process, address, orders=orders, on_exit=on_exit)
        self._contained = process
        self._port = member.port

    @property
    def _listens_on(self) -> str:
        return str(self._port)

    async def state(self) -> NodeState:
        return await self._contained.node_state()

    async def probe(self, timeout_s: float) -> ProbeResult:
        """At its own address in its network, which another life may have another of."""
        host = await asyncio.to_thread(self._contained.address)
        if not host:  # it has ended, so nobody is there who could answer
            return ProbeResult(ProbeOutcome.REFUSED, 0.0)
        return await attempt(self.node.readiness, f"{host}:{self._port}", timeout_s=timeout_s)
