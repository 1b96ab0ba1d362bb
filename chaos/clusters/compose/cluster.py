"""A Compose project that is up, as a cluster: its containers are broken where they are, and given back.

    docker compose up ──► coordinator ──► worker1, worker2, …   ◄── faults, through the engine
    load ──► the port that the project publishes

A node is the container that the others of its project call by the node's name. Each is started anew before a run and
after it, which leaves nothing of one run for the next. Nothing is added to the project, so no proxy is on any edge and
the network stays whole; what can be done is what the engine does to a container: kill, stop, pause, start.
"""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from string import Formatter
from typing import Final, NoReturn, Self

from docker import DockerClient

from chaos.clusters.cluster import ClusterProblem, NodeState, Phase, UnexpectedExit
from chaos.clusters.compose.claim import claimed
from chaos.clusters.compose.edge import DirectEdge
from chaos.clusters.compose.node import ComposeNode, ComposeProcess
from chaos.clusters.compose.project import DEPENDS_ON, SERVICE, Member, members
from chaos.clusters.docker.engine import connect, obeying
from chaos.clusters.docker.presence import Presence
from chaos.clusters.local.cluster import LocalCluster
from chaos.clusters.orders import Orders
from chaos.clusters.start import bring_up
from chaos.recipe import SECRET
from chaos.system_under_test import Node, SystemUnderTest

PULSE_S: Final = 2.0


class ComposeCluster(LocalCluster):
    """An async context manager, like `LocalCluster`; raises ClusterProblem where the project is not the system."""

    def __init__(self, system: SystemUnderTest, *, logs: Path, project: str) -> None:
        super().__init__(system, logs=logs)
        self._project = project
        self._engine: DockerClient | None = None
        self._presence: Presence | None = None
        self._processes: dict[str, ComposeProcess] = {}
        self._begun_by_engine = set[tuple[str, str]]()

    @property
    def substrate(self) -> str:
        return "compose"

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as scope:
            scope.enter_context(claimed(self._project))
            engine = await asyncio.to_thread(connect)
            scope.callback(engine.close)
            self._engine = engine
            self._presence = await scope.enter_async_context(Presence(engine))
            found = await asyncio.to_thread(members, engine, self._project)
            if problems := [*misfits(self._system, found)]:
                told = "\n".join(f"  - {each}" for each in problems)
                raise ClusterProblem(
                    f"the Compose project {self._project} is not the system of this scenario:\n{told}\n"
                    "  start it like that, or let --substrate local or docker start one"
                )
            for node in self._system.nodes:
                (member,) = (each for each in found if node.name in each.names)
                log = self._logs / f"{node.name}.log"
                process = self._processes[node.name] = ComposeProcess(node.name, member, engine=engine, log=log)
                self._nodes[node.name] = ComposeNode(
                    replace(node, inflicts=frozenset()),  # nobody mounted a file to tell it in
                    process,
                    member,
                    orders=Orders(node.name, self._logs / f"{node.name}.mishaps.json", log),
                    on_exit=self._exits.append,
                )
            for edge in self._system.edges:
                self._edges[edge.name] = DirectEdge(edge, self._nodes[edge.target], self.direct(edge.target))
            scope.push_async_exit(self._stop)
            await bring_up(self._system, self._nodes, self._edges.values())
            self._scope = scope.pop_all()
        return self

    async def heal(self) -> None:
        await self._note_restarts()  # before other lives hide them
        for node in self._nodes.values():
            await node.recover()
        await bring_up(self._system, self._nodes, self._edges.values())

    async def watch(self) -> NoReturn:
        try:
            while self._engine is not None and self._presence is not None:
                with obeying("ping"):
                    await asyncio.to_thread(self._engine.ping)
                self._presence.check()
                await self._note_restarts()
                await asyncio.sleep(PULSE_S)
        finally:
            await self._note_restarts()
        raise ClusterProblem("the cluster is not started")

    async def _note_restarts(self) -> None:
        """Ends that only the engine has seen, which at once began another life."""
        for name, process in self._processes.items():
            life = name, await process.begun_by_engine()
            if life[1] and life not in self._begun_by_engine:
                self._begun_by_engine.add(life)
                state = NodeState(Phase.EXITED, f"begun anew by the engine at {life[1]}")
                self._exits.append(UnexpectedExit(name, asyncio.get_running_loop().time(), state, process.log_tail()))


def misfits(system: SystemUnderTest, found: list[Member]) -> Iterator[str]:
    """All that keeps these containers from being this system, with what would mend it."""
    nodes = set[str]()
    for node in system.nodes:
        called = [each for each in found if node.name in each.names]
        nodes |= {each.labels[SERVICE] for each in called}
        if len(called) != 1:
            others = ", ".join(sorted({name for each in found for name in each.names}))
            number = "no" if not called else "more than one"
            yield f"{number} container of it is called {node.name}; it has {others or 'none at all'}"
            continue
        yield from _misfits_of(node, called[0])
    for edge in system.entries:
        for each in found:
            if edge.target in each.names and not each.published:
                yield f"{edge.target} has no port of this machine that stays the same: `ports` of its service gives one"
    for each in found:
        for dependency in filter(None, each.labels.get(DEPENDS_ON, "").split(",")):
            if (service := each.labels[SERVICE]) not in nodes and dependency.partition(":")[0] in nodes and each.runs:
                yield f"{service} may send requests of its own, which nobody counts: docker compose stop {service}"


def _misfits_of(node: Node, member: Member) -> Iterator[str]:
    """What the scenario relies on, and the project has otherwise."""
    if member.restarts and node.supervision is not None:
        yield f"the engine starts {node.name} again when it ends, which is for the harness to do here: restart it never"
    if member.port is None:
        yield f"the image of {node.name} does not say which one port it listens on: EXPOSE that alone"
    for name, template in {**node.defaults, **node.environment}.items():
        if any(field is not None for _, field, _, _ in Formatter().parse(template)):
            continue  # where it runs, which is for whoever runs it to say
        wants, has = template.format(), member.environment.get(name)
        has = has or node.defaults.get(name, has)
        if wants == has:
            continue
        if SECRET.search(name):  # what is said here is written down, and shown around
            yield f"{node.name} has not the {name} that the scenario takes"
        else:
            yield f"{node.name} has {name}={has if has is not None else '(not set)'}; the scenario takes {name}={wants}"
