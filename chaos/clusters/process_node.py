"""A node that is one program, wherever it runs: started and ended, watched, paused, told what to inflict on itself."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final, Protocol

from chaos.clusters.cluster import ClusterProblem, Confession, NodeState, UnexpectedExit
from chaos.clusters.orders import Orders
from chaos.probes import ProbeOutcome, ProbeResult, attempt
from chaos.processes.process import ProcessProblem, ProcessState
from chaos.system_under_test import Node

PROBE_S: Final = 1.0  # for one readiness probe; a node that is ready answers in milliseconds
BETWEEN_PROBES_S: Final = 0.02  # a start takes 0.5-3 s; probing more often would only slow it down
END_S: Final = 30.0  # for a node that was told to end; longer than the drain of any server with usual settings
GRACE_S: Final = 3.0  # between SIGTERM and SIGKILL; the load is over by then, so there is little left to drain


class Process(Protocol):
    """What runs a node's program; `chaos.processes.process.OsProcess` says what each of these does."""

    async def look(self) -> ProcessState: ...

    async def start(self) -> None: ...

    async def ready(self, probe: Callable[[], Awaitable[bool]], *, timeout_s: float) -> None: ...

    async def wait(self, timeout_s: float | None = None) -> ProcessState: ...

    async def kill(self) -> ProcessState: ...

    async def terminate(self) -> None: ...

    async def pause(self) -> None: ...

    async def resume(self) -> None: ...

    async def stop(self, grace_s: float) -> ProcessState: ...

    def log_tail(self) -> str: ...


class ProcessNode(ABC):
    """Can be killed, told to end, started again, paused, and told what to inflict on itself.

    Notices when it ends though nobody here ended it.
    """

    def __init__(
        self,
        node: Node,
        process: Process,
        address: str,
        *,
        orders: Orders,
        on_exit: Callable[[UnexpectedExit], None],
    ) -> None:
        """`address` is where the node itself listens; `on_exit` is told of every exit that nobody here caused."""
        self._node = node
        self._process = process
        self._address = address
        self._orders = orders
        self._on_exit = on_exit
        self._held = False
        self._ended_here = False
        self._life: asyncio.Task[None] | None = None
        self._revival: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()  # a supervised node may be about to start when a fault is healed

    @property
    def node(self) -> Node:
        return self._node

    @property
    def address(self) -> str:
        return self._address

    @property
    def _listens_on(self) -> str:
        """The port that its command was given."""
        return self._address.rpartition(":")[2]

    @abstractmethod
    async def state(self) -> NodeState: ...

    async def probe(self, timeout_s: float) -> ProbeResult:
        return await attempt(self._node.readiness, self._address, timeout_s=timeout_s)

    async def start(self) -> None:
        """Also waits for a process that runs already but is not ready yet. Raises ClusterProblem."""
        async with self._starting:
            if self._ended_here:  # it drains, or a kill that was cut short is about to take effect
                await self._end()
            if not await self._alive():
                await self._join()
                self._ended_here = False
                await self._process.start()
                self._life = asyncio.create_task(self._outlive(), name=f"life of {self._node.name}")
        last: ProbeResult | None = None

        async def ready() -> bool:
            nonlocal last
            last = await self.probe(PROBE_S)
            if not last.ready:
                await asyncio.sleep(BETWEEN_PROBES_S)
            return last.ready

        try:
            await self._process.ready(ready, timeout_s=self._node.ready_within_s)
        except ProcessProblem as problem:
            raise ClusterProblem(f"{problem}\n  readiness probe: {await self._told(last)}") from problem

    async def kill(self) -> None:
        if await self._alive():
            self._ended_here = True
            await self._process.kill()

    async def terminate(self) -> None:
        if await self._alive():
            self._ended_here = True
            await self._process.terminate()

    async def pause(self) -> None:
        self._held = True
        await self._process.pause()

    async def resume(self) -> None:
        self._held = False
        if not await self._alive():
            return
        # Not only if it stands still: a pause that was cut short may be about to take effect.
        try:
            await self._process.resume()
        except ProcessProblem:
            if await self._alive():
                raise  # else it ended in this moment, as one may that was told to end, and nothing stands still

    async def inflict(self, kind: str, parameters: Mapping[str, Any]) -> None:
        await self._orders.give(kind, parameters, obeys=self._runs)

    async def spare(self, kind: str) -> None:
        await self._orders.take_back(kind, obeys=self._runs)

    def confession(self) -> Confession:
        return self._orders.confession()

    async def work(self, timeout_s: float) -> ProbeResult:
        """Of a node that has no such probe, its readiness is asked for."""
        return await attempt(self._node.work or self._node.readiness, self._address, timeout_s=timeout_s)

    async def recover(self) -> None:
        """Undo what does not end its life; `start` undoes the rest."""
        await self.resume()
        await self._orders.take_all_back(obeys=self._runs)

    async def stop(self) -> None:
        """End the process for good, from whatever state it is in."""
        self._ended_here = True
        if self._revival is not None:
            self._revival.cancel()
            await asyncio.wait({self._revival})
        await self._process.stop(GRACE_S)
        await self._join()

    async def _alive(self) -> bool:
        return (await self._process.look()).alive

    async def _runs(self) -> bool:
        """Whether it is to be expected to obey."""
        return not self._held and await self._alive()

    async def _told(self, last: ProbeResult | None) -> str:
        """The last probe of a start that failed, and what it says of a process that runs all the same."""
        if last is None:
            return "never asked"
        if last.outcome is ProbeOutcome.REFUSED and await self._alive():
            return f"{last}; nobody listens on port {self._listens_on}, its {{port}}; does the command use it?"
        return str(last)

    async def _end(self) -> None:
        """Raises ClusterProblem when it does not."""
        try:
            await self._process.wait(END_S)
        except TimeoutError:
            still = f"{self._node.name}: {await self._process.look()} {END_S:g} s after it was told to end"
            raise ClusterProblem(f"{still}\n{self._process.log_tail()}") from None

    async def _outlive(self) -> None:
        await self._process.wait()
        if self._ended_here:
            return
        at, supervision = asyncio.get_running_loop().time(), self._node.supervision
        state = await self.state()
        if await self._robbed():
            return  # the system is not to blame; and whoever has the port may answer probes, as if the node were back
        self._on_exit(UnexpectedExit(self._node.name, at, state, self._process.log_tail()))
        if supervision is not None and state.code == supervision.code:
            self._revival = asyncio.create_task(self._revive(supervision.after_s), name=f"revive {self._node.name}")

    async def _robbed(self) -> bool:
        """Whether somebody else took its port, which then has been told; only where ports are shared with others."""
        return False

    async def _revive(self, after_s: float) -> None:
        """A start that fails is told by whoever heals the cluster, who tries again."""
        await asyncio.sleep(after_s)
        with suppress(ClusterProblem):
            await self.start()

    async def _join(self) -> None:
        """The present life is over, so its watcher has only its last words to say."""
        if self._life is not None:
            await self._life
            self._life = None
