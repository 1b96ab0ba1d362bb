"""A node that is simulated: one process after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from random import Random
from typing import Any, Final, cast

from chaos.clusters.cluster import ClusterProblem, Confession, NodeState, Phase, UnexpectedExit
from chaos.clusters.simulated.link import Link
from chaos.clusters.simulated.log import Log
from chaos.clusters.simulated.loop import VirtualLoop
from chaos.clusters.simulated.probing import probed
from chaos.clusters.simulated.process import Process
from chaos.clusters.starvation import Starvation
from chaos.probes import ProbeResult
from chaos.system_under_test import Node

PROBE_S: Final = 1.0
BETWEEN_PROBES_S: Final = 0.05
LOOKS_AFTER_S: Final = 0.025  # as long as a real one takes on average to notice what it is told
OBEY_S: Final = 5.0
END_S: Final = 30.0  # for a node that was told to end, as on the local substrate

Main = Callable[[Process], Coroutine[Any, Any, int]]
"""The program of one process."""


class SimulatedNode:
    """Can be killed, told to end, started again, paused, starved, and told what to inflict on itself.

    `program` is what each of its lives runs.
    """

    def __init__(
        self,
        node: Node,
        loop: VirtualLoop,
        rng: Random,
        *,
        log: Log,
        program: Main,
        on_exit: Callable[[UnexpectedExit], None],
    ) -> None:
        """`on_exit` is told of every exit that nobody here caused."""
        self.log: Final = log
        self.straight = Link(loop, rng, lambda: self.process, straight=True)
        self.process: Process | None = None
        self._node = node
        self._loop = loop
        self._program = program
        self._on_exit = on_exit
        self._lives = 0
        self._ended_here = False
        self._gone = asyncio.Event()
        self._starting = asyncio.Lock()
        self._revival: asyncio.Task[None] | None = None
        self._starvation = Starvation(self)
        self._mishaps: dict[str, Mapping[str, Any]] = {}
        self._confession = Confession({}, {})
        self._heard = 0  # lines of the log

    @property
    def name(self) -> str:
        return self._node.name

    @property
    def node(self) -> Node:
        return self._node

    async def state(self) -> NodeState:
        return self.look()

    def look(self) -> NodeState:
        """At what it is in this moment, which is the only one."""
        process = self.process
        if process is None:
            return NodeState(Phase.NEW, "no life yet")
        life = f"life {process.life}"
        if not process.ended:
            return NodeState(Phase.PAUSED if process.paused else Phase.RUNNING, life)
        how = f"exit code {process.code}" if process.ended_by is None else f"ended by {process.ended_by}"
        return NodeState(Phase.EXITED, life, killed=process.ended_by == "SIGKILL", code=process.code, detail=how)

    async def probe(self, timeout_s: float) -> ProbeResult:
        return await probed(self.straight, self._node.readiness, timeout_s)

    async def start(self) -> None:
        async with self._starting:
            if self._ended_here and self._alive:
                await self._end()
            if not self._alive:
                self._begin()
        until = self._loop.time() + self._node.ready_within_s
        while not (last := await self.probe(PROBE_S)).ready:
            if not self._alive:
                raise ClusterProblem(f"{self._node.name} {self.look()} before it was ready\n{self.log.tail()}")
            if self._loop.time() > until:
                raise ClusterProblem(
                    f"{self._node.name} was not ready within {self._node.ready_within_s:g} s\n  readiness probe: {last}"
                )
            await asyncio.sleep(BETWEEN_PROBES_S)

    async def kill(self) -> None:
        if self.process is not None:
            self._ended_here |= self._alive
            self.process.kill()

    async def terminate(self) -> None:
        if self.process is not None and self._alive:
            self._ended_here = True
            self.process.terminate()

    async def pause(self) -> None:
        self._starvation.held = True
        self.halt()

    async def resume(self) -> None:
        self._starvation.held = False
        self.let_run()

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.flows

    def halt(self) -> None:
        if self.process is not None:
            self.process.pause()

    def let_run(self) -> None:
        if self.process is not None:
            self.process.resume()

    async def starve(self, share: float) -> None:
        await self._starvation.begin(share)

    async def feed(self) -> None:
        await self._starvation.end()

    async def processor_share(self, within_s: float) -> float:
        return await self._starvation.share(within_s)

    async def inflict(self, kind: str, parameters: Mapping[str, Any]) -> None:
        self._mishaps[kind] = dict(parameters)
        await self._obeyed()

    async def spare(self, kind: str) -> None:
        if self._mishaps.pop(kind, None) is not None:
            await self._obeyed()

    def confession(self) -> Confession:
        in_force, struck = self._confession.in_force, dict(self._confession.struck)
        for event, fields in self.log.since(self._heard):
            if event == "mishaps":
                in_force = cast("Mapping[str, Mapping[str, Any]]", fields["in_force"])
            elif event == "mishap":
                struck[str(fields["kind"])] = struck.get(str(fields["kind"]), 0) + 1
        self._heard = len(self.log)
        self._confession = Confession(in_force, struck)
        return self._confession

    async def work(self, timeout_s: float) -> ProbeResult:
        return await probed(self.straight, self._node.work or self._node.readiness, timeout_s)

    async def recover(self) -> None:
        """Undo what does not end its life; `start` undoes the rest."""
        await self.feed()
        await self.resume()
        if self._mishaps:
            self._mishaps.clear()
            await self._obeyed()

    async def stop(self) -> None:
        """End it for good."""
        if self._revival is not None:
            self._revival.cancel()
            await asyncio.wait({self._revival})
        await self.feed()
        await self.kill()

    @property
    def _alive(self) -> bool:
        return self.process is not None and not self.process.ended

    async def _obeyed(self) -> None:
        """Once it has looked, which it does some twenty times a second; not while it stands still or is gone."""
        if self._alive and self.process is not None and self.process.on_mishaps is not None:
            look = self.process.on_mishaps
            self._loop.arrive_at(self._loop.time() + LOOKS_AFTER_S, self.process, lambda _: look(), None)
        until = self._loop.time() + OBEY_S
        while self._alive and not self._starvation.held and self.confession().in_force != self._mishaps:
            if self._loop.time() > until:
                raise ClusterProblem(f"{self._node.name} was told to inflict {self._mishaps} on itself, and does not")
            await asyncio.sleep(BETWEEN_PROBES_S)

    def _begin(self) -> None:
        self._lives += 1
        self._ended_here = False
        self._gone.clear()
        self.process = Process(self._loop, self._node.name, self._lives, self.log, self._exited)
        self.process.mishaps = self._mishaps
        self.process.start(self._program)

    async def _end(self) -> None:
        try:
            async with asyncio.timeout(END_S):
                await self._gone.wait()
        except TimeoutError:
            still = f"{self._node.name}: {self.look()} {END_S:g} s after it was told to end"
            raise ClusterProblem(f"{still}\n{self.log.tail()}") from None

    def _exited(self, process: Process) -> None:
        self._loop.call_soon(self._gone.set, context=self._loop.outside)
        if self._ended_here:
            return
        state, supervision = self.look(), self._node.supervision
        self._on_exit(UnexpectedExit(self._node.name, self._loop.time(), state, self.log.tail()))
        if supervision is not None and process.code == supervision.code:
            self._revival = self._loop.create_task(self._revive(supervision.after_s), context=self._loop.outside.copy())

    async def _revive(self, after_s: float) -> None:
        """Whoever heals the cluster tries again where this fails."""
        await asyncio.sleep(after_s)
        try:
            await self.start()
        except ClusterProblem:
            return
