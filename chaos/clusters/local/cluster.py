"""A cluster on this machine: a process per node, one toxiproxy-server, a proxy per edge, every port reserved.

    load ──► proxy client→coordinator ──► coordinator ──► proxy coordinator→worker1 ──► worker1
                                               └────────► proxy coordinator→worker2 ──► worker2

A cluster is a scope: whatever way it is left, all its processes are gone afterwards.
"""

import asyncio
import sys
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, NoReturn, Protocol, Self

from chaos.clusters.cluster import ClusterProblem, EdgeHandle, NodeHandle, UnexpectedExit
from chaos.clusters.local.edge import LocalEdge
from chaos.clusters.local.node import LocalNode
from chaos.clusters.orders import Orders
from chaos.clusters.process_node import Process, ProcessNode
from chaos.clusters.start import bring_up
from chaos.machine import Machine, this_machine
from chaos.page import Page
from chaos.processes.keeper import Keeper
from chaos.processes.ports import LOOPBACK, PortReservation
from chaos.processes.process import OsProcess
from chaos.system_under_test import Edge, Node, Session, StatusPage, SystemUnderTest
from chaos.toxiproxy.client import ToxiproxyClient
from chaos.toxiproxy.find import find
from chaos.toxiproxy.server import ToxiproxyServer


class Proxies(Protocol):
    """A Toxiproxy server that runs, however it was started."""

    @property
    def process(self) -> Process: ...

    @property
    def client(self) -> ToxiproxyClient: ...

    async def watch(self) -> NoReturn: ...

    async def check(self) -> None: ...


class EdgeAt(EdgeHandle, Protocol):
    @property
    def address(self) -> str:
        """Where it is entered, as `host:port`."""


class LocalCluster:
    """An async context manager; inside it every node is ready and every edge carries bytes.

    Raises ClusterProblem, naming every node that did not start with the tail of its log.
    """

    def __init__(
        self, system: SystemUnderTest, *, logs: Path, toxiproxy: Path | None = None, entry_port: int = 0
    ) -> None:
        """`toxiproxy` is the server's executable; by default it is looked for, and fetched or built if need be.

        `entry_port` is where clients find the system; 0 for any free port.
        """
        self._system = system
        self._logs = logs
        self._executable = toxiproxy
        self._entry_port = entry_port
        self._nodes: dict[str, ProcessNode] = {}
        self._edges: dict[str, EdgeAt] = {}
        self._exits: list[UnexpectedExit] = []
        self._thefts: list[str] = []  # what to say of each port that somebody else took
        self._stolen = asyncio.Event()
        self._server: Proxies | None = None
        self._scope = AsyncExitStack()

    @property
    def substrate(self) -> str:
        return "local"

    @property
    def system(self) -> SystemUnderTest:
        return self._system

    @property
    def nodes(self) -> Mapping[str, NodeHandle]:
        return MappingProxyType(self._nodes)

    @property
    def edges(self) -> Mapping[str, EdgeHandle]:
        return MappingProxyType(self._edges)

    @property
    def entry(self) -> str:
        """The base URL for clients; it leads through the client's edge, or the first of them."""
        return self._entrance(self._system.entries[0])

    @property
    def logs(self) -> Path:
        return self._logs

    @property
    def machine(self) -> Machine:
        return this_machine

    def direct(self, node: str) -> str:
        """`host:port` of the node itself, past every proxy."""
        return self._nodes[node].address

    def connect(self) -> AbstractAsyncContextManager[Session]:
        return self._system.connect({edge.name: self._entrance(edge) for edge in self._system.entries})

    def observe(self, page: StatusPage) -> AbstractAsyncContextManager[Page]:
        # HTTP takes long to import, which no run needs whose system has no page.
        from chaos.http_page import http_page  # noqa: PLC0415

        return http_page(f"http://{self.direct(page.node)}{page.path}")

    async def watch(self) -> NoReturn:
        proxies = asyncio.create_task(self._running.watch(), name="watch toxiproxy-server")
        stolen = asyncio.create_task(self._stolen.wait(), name="watch ports")
        either: set[asyncio.Task[Any]] = {proxies, stolen}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if self._thefts:
                raise ClusterProblem("\n".join(self._thefts))
            await proxies
        finally:
            for task in either:
                task.cancel()
        raise AssertionError("watching has no end of its own")

    def unexpected_exits(self) -> tuple[UnexpectedExit, ...]:
        return tuple(self._exits)

    async def heal(self) -> None:
        """Proxies first: a node may need its edges in order to become ready."""
        await self._running.check()
        await self._running.client.reset()
        for node in self._nodes.values():
            await node.recover()
        await bring_up(self._system, self._nodes, self._edges.values())

    async def __aenter__(self) -> Self:
        executable = await asyncio.to_thread(find) if self._executable is None else self._executable
        async with AsyncExitStack() as scope:
            wanted = {self._system.entries[0].name: self._entry_port}
            ports = {name: scope.enter_context(PortReservation(wanted.get(name, 0))) for name in self._system.targets}
            keeper = await scope.enter_async_context(Keeper())
            server = ToxiproxyServer(executable, log=self._logs / "toxiproxy.log", keeper=keeper)
            self._server = await scope.enter_async_context(server)
            for edge in self._system.edges:
                self._edges[edge.name] = await self._proxy(edge, ports, server.client)
            for node in self._system.nodes:
                self._nodes[node.name] = self._process(node, ports, keeper)
            scope.push_async_exit(self._stop)
            await bring_up(self._system, self._nodes, self._edges.values())
            self._scope = scope.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._scope.__aexit__(kind, problem, trace)

    def _entrance(self, edge: Edge) -> str:
        return f"http://{self._edges[edge.name].address}"

    @property
    def _running(self) -> Proxies:
        if self._server is None:
            raise ClusterProblem("the cluster is not started")
        return self._server

    async def _proxy(self, edge: Edge, ports: Mapping[str, PortReservation], client: ToxiproxyClient) -> LocalEdge:
        address = ports[edge.name].address
        await client.create(edge.name, listen=address, upstream=ports[edge.target].address)
        return LocalEdge(edge, address, client=client, probe=self._system.node(edge.target).readiness)

    def _process(self, node: Node, ports: Mapping[str, PortReservation], keeper: Keeper) -> LocalNode:
        log = self._logs / f"{node.name}.log"
        orders = Orders(node.name, self._logs / f"{node.name}.mishaps.json", log)
        values = {
            "host": LOOPBACK,
            "port": str(ports[node.name].port),
            "python": sys.executable,
            "mishaps": str(orders.file.absolute()),
        } | {edge.target: ports[edge.name].address for edge in self._system.edges if edge.source == node.name}
        process = OsProcess(
            node.name,
            [part.format_map(values) for part in node.command],
            log=log,
            environment={name: value.format_map(values) for name, value in node.environment.items()},
            directory=node.directory,
            keeper=keeper,
        )
        return LocalNode(
            node,
            process,
            ports[node.name].address,
            orders=orders,
            on_exit=self._exits.append,
            on_theft=self._note_theft,
        )

    def _note_theft(self, theft: str) -> None:
        self._thefts.append(theft)
        self._stolen.set()

    async def _stop(
        self, _kind: type[BaseException] | None, first: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """All nodes at once, each whatever becomes of the others; what goes wrong here never hides `first`."""
        ends = await asyncio.gather(*(node.stop() for node in self._nodes.values()), return_exceptions=True)
        failures = [f"stopping {name}: {end!r}" for name, end in zip(self._nodes, ends, strict=True) if end is not None]
        if failures and first is not None:
            first.add_note("\n".join(failures))
        elif failures:
            raise ClusterProblem("\n".join(failures))
