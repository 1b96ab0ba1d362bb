"""A cluster of containers: one per node and one for Toxiproxy, in a network of their own.

    this machine │  the cluster's network
                 │
    load ────────┼─► toxiproxy:client→coordinator ──► coordinator ──► toxiproxy:coordinator→worker1 ──► worker1
    probes ──────┼─► every node, every proxy

Nodes find each other by name and always through a proxy. What the harness needs is published on 127.0.0.1, on ports
that stay the same however often a container is started; proxies are reached directly where this machine is the
engine's. Everything carries a label, and goes when the scope is left; a reaper sees to that even when the harness is
killed.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from uuid import uuid4

from docker import DockerClient

from chaos.clusters.cluster import ClusterProblem
from chaos.clusters.docker.belongings import Belongings
from chaos.clusters.docker.engine import LABEL, OWNER, connect, obeying, owner, sweep_lost
from chaos.clusters.docker.image import ensure, pull
from chaos.clusters.docker.network import DockerNetwork
from chaos.clusters.docker.node import DockerNode
from chaos.clusters.docker.process import ContainerProcess, Plan
from chaos.clusters.docker.proxy import ALIAS, DockerToxiproxy, proxy_image
from chaos.clusters.local.cluster import LocalCluster
from chaos.clusters.local.edge import LocalEdge
from chaos.clusters.orders import Orders
from chaos.clusters.start import bring_up
from chaos.processes.ports import PortReservation
from chaos.system_under_test import Node, SystemUnderTest
from chaos.toxiproxy.narration import in_silence

NODE_PORT: Final = 8000  # of every node, each in its own container
FIRST_EDGE_PORT: Final = 9001  # of the first edge's proxy
EVERYWHERE: Final = "0.0.0.0"  # noqa: S104 - of a container; only 127.0.0.1 of this machine leads there
DIRECTORY: Final = "/node"  # where a node's `directory` is in its container
MISHAPS: Final = "/mishaps"
ORDERS: Final = "orders.json"


def prepare(say: Callable[[str], None]) -> None:
    """Sweep up what harnesses left that no longer live, and have an image of Toxiproxy. Blocks.

    Raises EngineMissing, ToxiproxyMissing or ClusterProblem.
    """
    engine = connect()
    try:
        try:
            with obeying("sweep"):
                for lost in sweep_lost(engine):
                    say(f"removed {lost}, whose harness was killed")
        except ClusterProblem as problem:  # it is nobody's, and in nobody's way
            say(f"what a killed harness left is still there: {problem}")
        proxy_image(engine, say)
    finally:
        engine.close()


class DockerCluster(LocalCluster):
    """An async context manager, like `LocalCluster`; raises ClusterProblem for its reasons, and without an engine."""

    def __init__(
        self,
        system: SystemUnderTest,
        *,
        logs: Path,
        say: Callable[[str], None] = in_silence,
        later: Executor | None = None,
    ) -> None:
        """`say` is told of images that must be built.

        By `later` containers whose programs have ended, and their network, are removed while other things go on; it is
        waited for when the harness ends. Without it they are gone when the scope is left.
        """
        super().__init__(system, logs=logs)
        self._say = say
        self._later = later
        self._id = uuid4().hex[:12]

    @property
    def substrate(self) -> str:
        return "docker"

    @property
    def label(self) -> str:
        """Of all that this cluster makes in the engine."""
        return f"{LABEL}={self._id}"

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as scope:
            engine = await asyncio.to_thread(connect)
            belongings = Belongings(engine, self.label)
            scope.push_async_exit(partial(self._part_with, belongings))
            loop = asyncio.get_running_loop()

            def say(sentence: str) -> None:
                """Where it is said is nothing that other threads may touch."""
                loop.call_soon_threadsafe(self._say, sentence)

            images, proxy = await asyncio.gather(
                asyncio.to_thread(self._images, engine, say), asyncio.to_thread(proxy_image, engine, say)
            )
            network = DockerNetwork(f"brownout-{self._id}", engine=engine, labels=self._labels, bystander=proxy)
            await belongings.make(network.create)
            ports = {name: scope.enter_context(PortReservation()) for name in self._system.targets}
            inside = {edge.name: FIRST_EDGE_PORT + at for at, edge in enumerate(self._system.edges)}
            server = DockerToxiproxy(
                self._plan(ALIAS, proxy, network),
                engine=engine,
                log=self._logs / "toxiproxy.log",
                api=scope.enter_context(PortReservation()),
                edges={inside[edge.name]: ports[edge.name].port for edge in self._system.edges},
            )
            belongings.beforehand(server.process.finish)
            belongings.afterwards(server.process.join)
            proxies = await scope.enter_async_context(AsyncExitStack())
            for node in self._system.nodes:
                log = self._logs / f"{node.name}.log"
                orders = Orders(node.name, self._logs / f"{node.name}.mishaps" / ORDERS, log)
                plan = replace(
                    self._plan(node.name, images[node.name], network),
                    **self._program(node, inside, orders.file.parent),
                    ports={NODE_PORT: ports[node.name].port},
                )
                process = ContainerProcess(plan, engine=engine, log=log)
                address = ports[node.name].address
                self._nodes[node.name] = DockerNode(
                    node, process, address, inside=NODE_PORT, orders=orders, on_exit=self._exits.append
                )
            scope.push_async_exit(self._stop)
            making = self._make_edges(server, ports, inside, proxies)
            await bring_up(self._system, self._nodes, self._edges.values(), making)
            self._scope = scope.pop_all()
        return self

    def _images(self, engine: DockerClient, say: Callable[[str], None]) -> dict[str, str]:
        """By node. Raises ClusterProblem with every node that has none."""
        if lacking := [node.name for node in self._system.nodes if node.image is None]:
            raise ClusterProblem(
                f"no image is given for {', '.join(lacking)}: the docker substrate runs a node in its `image`"
            )
        images = {node.name: node.image for node in self._system.nodes if node.image is not None}
        # To see whether one of this content is there takes a tenth of a second, and most nodes have that of another.
        tags = {
            key: pull(image, engine, say) if isinstance(image, str) else ensure(image, engine, say)
            for key, image in {id(image): image for image in images.values()}.items()
        }
        return {name: tags[id(image)] for name, image in images.items()}

    @property
    def _labels(self) -> dict[str, str]:
        return {LABEL: self._id, OWNER: owner()}

    def _plan(self, name: str, image: str, network: DockerNetwork) -> Plan:
        return Plan(name, image, (), {}, self._labels, network, {})

    def _program(self, node: Node, inside: Mapping[str, int], orders: Path) -> dict[str, Any]:
        """What of a container's plan is the node's own. `inside` are the ports of proxies, by edge."""
        values = {
            "host": EVERYWHERE,
            "port": str(NODE_PORT),
            "python": "python3",
            "mishaps": f"{MISHAPS}/{ORDERS}",
        } | {edge.target: f"{ALIAS}:{inside[edge.name]}" for edge in self._system.edges if edge.source == node.name}
        folders = {} if node.directory is None else {node.directory: DIRECTORY}
        if node.inflicts:
            # A folder: of a file, the container would keep the one that is replaced.
            orders.mkdir(parents=True, exist_ok=True)
            folders[orders] = MISHAPS
        return {
            "command": [part.format_map(values) for part in node.command],
            "environment": {name: value.format_map(values) for name, value in node.environment.items()},
            "folders": folders,
            "directory": None if node.directory is None else DIRECTORY,
        }

    async def _make_edges(
        self,
        server: DockerToxiproxy,
        ports: Mapping[str, PortReservation],
        inside: Mapping[str, int],
        scope: AsyncExitStack,
    ) -> None:
        """`inside` are the ports of proxies, by edge; the server is stopped when the scope is left.

        Its own address is used where it can be had, for there a proxy that is down refuses. A port that the engine
        publishes takes every connection, and cuts it when nobody listens behind it.
        """
        self._server = await scope.enter_async_context(server)
        within = await server.direct()
        for edge in self._system.edges:
            port = inside[edge.name]
            await server.client.create(edge.name, listen=f"{EVERYWHERE}:{port}", upstream=f"{edge.target}:{NODE_PORT}")
            address = ports[edge.name].address if within is None else f"{within}:{port}"
            probe = self._system.node(edge.target).readiness
            self._edges[edge.name] = LocalEdge(edge, address, client=server.client, probe=probe)

    async def _part_with(
        self,
        belongings: Belongings,
        _kind: type[BaseException] | None,
        first: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """What goes wrong here never hides `first`, and is the reaper's then."""
        if first is None and self._later is not None:
            self._later.submit(belongings.go)
            return
        try:
            await asyncio.to_thread(partial(belongings.go, cut_short=first is not None))
        except ClusterProblem as problem:
            if first is None:
                raise
            first.add_note(f"sweeping up: {problem}")
