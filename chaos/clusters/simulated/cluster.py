"""A simulated cluster: the bundled system in virtual time, in this process and on no socket.

client ──► link client→coordinator ──► coordinator ──► link coordinator→worker1 ──► worker1
                                           └─────────► link coordinator→worker2 ──► worker2
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from pathlib import Path
from random import Random
from types import MappingProxyType, TracebackType
from typing import Any, Final, NoReturn, Self

from chaos.clients.wire import Sending
from chaos.clusters.cluster import ClusterProblem, EdgeHandle, NodeHandle, UnexpectedExit
from chaos.clusters.simulated.chance import chance
from chaos.clusters.simulated.coordinator import Coordinator
from chaos.clusters.simulated.edge import SimulatedEdge
from chaos.clusters.simulated.http_client import HttpClient
from chaos.clusters.simulated.link import Link
from chaos.clusters.simulated.log import Log
from chaos.clusters.simulated.loop import VirtualLoop
from chaos.clusters.simulated.node import Main, SimulatedNode
from chaos.clusters.simulated.oracle import Oracle
from chaos.clusters.simulated.process import Process
from chaos.clusters.simulated.settings import CoordinatorSettings, WorkerSettings
from chaos.clusters.simulated.worker import Worker
from chaos.clusters.start import bring_up
from chaos.page import Page
from chaos.problems import HarnessProblem
from chaos.system_under_test import Edge, Node, Session, StatusPage, SystemUnderTest, Variant

SCHEME: Final = "simulated://"


class NotSimulated(HarnessProblem):
    """There is no simulation of that system; the message says which node is unknown, and what could be done."""


class SimulatedCluster:
    """An async context manager, in a `VirtualLoop`; inside it every node is ready and every edge carries bytes.

    Raises NotSimulated, or ClusterProblem naming every node that did not start.
    """

    substrate: Final = "simulated"

    def __init__(self, system: SystemUnderTest, *, logs: Path | None, seed: int) -> None:
        """`logs` is None where nobody wants to keep them."""
        self._system = system
        self._logs = logs
        self._seed = seed
        self._nodes: dict[str, SimulatedNode] = {}
        self._edges: dict[str, SimulatedEdge] = {}
        self._exits: list[UnexpectedExit] = []
        self._scopes = ExitStack()
        self._oracle = Oracle(system.client.expected)

    @property
    def system(self) -> SystemUnderTest:
        return self._system

    @property
    def nodes(self) -> Mapping[str, NodeHandle]:
        return MappingProxyType(self._nodes)

    @property
    def edges(self) -> Mapping[str, EdgeHandle]:
        edges: Mapping[str, EdgeHandle] = self._edges
        return MappingProxyType(edges)

    @property
    def logs(self) -> Path:
        return self._logs or Path()

    @property
    def lines(self) -> Mapping[str, Log]:
        """What the nodes have logged so far, by their names."""
        return {name: node.log for name, node in self._nodes.items()}

    def connect(self) -> AbstractAsyncContextManager[Session]:
        return self._system.connect({edge.name: f"{SCHEME}{edge.name}" for edge in self._system.entries})

    def observe(self, page: StatusPage) -> AbstractAsyncContextManager[Page]:
        return self._page(self._nodes[page.node].straight, page.path)

    async def watch(self) -> NoReturn:
        """Nothing carries it that could be gone."""
        await asyncio.Event().wait()
        raise AssertionError

    def unexpected_exits(self) -> tuple[UnexpectedExit, ...]:
        return tuple(self._exits)

    async def heal(self) -> None:
        for edge in self._edges.values():
            edge.reset()
        for node in self._nodes.values():
            await node.recover()
        await bring_up(self._system, self._nodes, self._edges.values())

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        if not isinstance(loop, VirtualLoop):
            raise TypeError("a simulated cluster lives in a VirtualLoop")
        try:
            for node in self._system.nodes:
                if isinstance(node.twin, Variant):
                    self._scopes.enter_context(node.twin.scope())
                self._nodes[node.name] = self._made(node, loop)
            for edge in self._system.edges:
                self._edges[edge.name] = self._between(edge, loop)
            loop.serve(self._wire)
            await bring_up(self._system, self._nodes, self._edges.values())
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    @asynccontextmanager
    async def _wire(self, base_url: str) -> AsyncIterator[HttpClient]:
        edge = self._edges.get(base_url.removeprefix(SCHEME))
        if edge is None:
            raise ClusterProblem(f"{base_url} leads to no edge of this simulation")
        client = HttpClient(edge.link)
        try:
            yield client
        finally:
            client.close()

    @asynccontextmanager
    async def _page(self, link: Link, path: str) -> AsyncIterator[Page]:
        client = HttpClient(link)
        try:
            yield SimulatedPage(client, path)
        finally:
            client.close()

    # ── what it is made of ───────────────────────────────────────────────────────────────────────────────────────

    def _made(self, node: Node, loop: VirtualLoop) -> SimulatedNode:
        """Raises NotSimulated or ClusterProblem."""
        rng = chance(self._seed, node.name)
        log, program = self._program(node, self._environment(node), rng)
        return SimulatedNode(node, loop, rng, log=log, program=program, on_exit=self._exits.append)

    def _program(self, node: Node, environment: Mapping[str, str], rng: Random) -> tuple[Log, Main]:
        if node.twin is not None and not isinstance(node.twin, Variant):
            return Log(node.name, {}), node.twin
        match node.command if node.twin is None else node.twin.command:
            case ("{python}", "-m", "system.coordinator"):
                settings = CoordinatorSettings.read(environment)
                reached = {edge.target: edge.name for edge in self._system.edges if edge.source == node.name}

                def coordinator(process: Process) -> Coroutine[Any, Any, int]:
                    links = {name: self._edges[edge].link for name, edge in reached.items()}
                    return Coordinator(process, settings, links, rng).main()

                return Log("coordinator", {}), coordinator
            case ("{python}", "-m", "system.worker"):
                told = WorkerSettings.read(node.name, environment)

                def worker(process: Process) -> Coroutine[Any, Any, int]:
                    return Worker(process, told, self._oracle, rng).main()

                return Log("worker", {"worker": told.worker_id}), worker
        raise NotSimulated(
            f"{node.name} of {self._system.name} cannot be simulated: nothing stands for {' '.join(node.command)}; "
            "give the node a twin, or run it with --substrate local"
        )

    def _between(self, edge: Edge, loop: VirtualLoop) -> SimulatedEdge:
        behind = self._nodes[edge.target]
        link = Link(loop, chance(self._seed, edge.name), lambda: behind.process)
        return SimulatedEdge(edge, link, probe=behind.node.readiness)

    def _environment(self, node: Node) -> dict[str, str]:
        values = {"host": "127.0.0.1", "port": "1", "python": "python", "mishaps": "mishaps"} | {
            edge.target: edge.target for edge in self._system.edges if edge.source == node.name
        }
        return {name: value.format_map(values) for name, value in node.environment.items()}

    # ── its life ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def _stop(self) -> None:
        with self._scopes:
            for node in self._nodes.values():
                await node.stop()
            await asyncio.sleep(0.001)  # what was killed unwinds
        if self._logs is not None:
            for name, node in self._nodes.items():
                node.log.save(self._logs / f"{name}.log")


class SimulatedPage:
    """A status page, asked over a connection that no fault is on."""

    def __init__(self, client: HttpClient, path: str) -> None:
        self._client = client
        self._path = path

    async def read(self) -> tuple[int, bytes]:
        reply = await self._client.exchange("GET", self._path, sending=Sending())
        return reply.status, reply.body
