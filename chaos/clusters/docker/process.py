"""The program of one container, through the Docker API: what `chaos.processes.process.OsProcess` is to a process here.

The API blocks, so every call is made by one thread of the program's own, in the order in which they were asked for: a
call that was cut short is still carried out before the next. A second thread per life copies what the program says to
its log, and learns of its end first.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from docker import DockerClient
from docker.errors import NotFound
from docker.models.containers import Container
from docker.types import CancellableStream

from chaos.clusters.cluster import ClusterProblem, NodeState
from chaos.clusters.docker.engine import FAILURES, EngineLost, obeying
from chaos.clusters.docker.network import DockerNetwork
from chaos.clusters.docker.state import death, node_state, process_state
from chaos.processes.ports import LOOPBACK
from chaos.processes.process import Phase, ProcessProblem, ProcessState, log_tail

SIGNAL_EFFECT_S: Final = 15.0  # for the engine to carry out what cannot be refused
LIFE_S: Final = 24 * 3600
POLL_S: Final = 0.02
TAIL_LINES: Final = 20


@dataclass(frozen=True, slots=True)
class Plan:
    """What a container is made of. `ports` are the program's own, each with the one of 127.0.0.1 it is published as.

    `name` is what others in its network call it. `folders` of this machine are there under those names, read-only.
    """

    name: str
    image: str
    command: Sequence[str]
    environment: Mapping[str, str]
    labels: Mapping[str, str]
    network: DockerNetwork
    ports: Mapping[int, int]
    folders: Mapping[Path, str] = field(default_factory=dict)
    directory: str | None = None
    hermetic: bool = False
    """It asks nobody outside its network for names: one that nobody there has now has no address, and that at once."""


class ContainerProcess:
    """Made by `start`; whoever sweeps up removes it. The state is always asked of the engine, never remembered."""

    def __init__(self, plan: Plan, *, engine: DockerClient, log: Path) -> None:
        self.name = plan.name
        self.log = log
        self._plan = plan
        self._engine = engine
        self.memory_kills = 0
        """How many of its lives ended for want of memory."""
        self._container: Container | None = None
        self._told_to_end = False  # while it is paused
        self._life: asyncio.Future[None] | None = None
        self._log_start = 0
        self._calls = ThreadPoolExecutor(1, thread_name_prefix=f"docker {plan.name}")
        self._followers: list[threading.Thread] = []

    @property
    def container(self) -> Container:
        if self._container is None:
            raise ProcessProblem(f"{self.name}: never started")
        return self._container

    async def look(self) -> ProcessState:
        return process_state(await asyncio.to_thread(self._told))

    async def node_state(self) -> NodeState:
        """The same in one look at the engine, with what only it knows: which life this is, and a lack of memory."""
        return node_state(await asyncio.to_thread(self._told))

    async def start(self) -> None:
        """Begin a life, the first or the next after an exit; returns once the program runs, before it is ready."""
        if (state := await self.look()).alive:
            raise ProcessProblem(f"{self.name}: cannot start, it is {state}")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        self._life = asyncio.get_running_loop().create_future()
        self._told_to_end = False
        await self._call("start", partial(self._begin, asyncio.get_running_loop(), self._life))

    async def ready(self, probe: Callable[[], Awaitable[bool]], *, timeout_s: float) -> None:
        """As of an `OsProcess`."""
        scope = asyncio.timeout(timeout_s)
        try:
            async with scope:
                while not await probe():
                    # To ask the engine each time costs the processor that the program needs to start.
                    if self._life is None or self._life.done():
                        told = await asyncio.to_thread(self._inspect)
                        if not process_state(told["State"]).alive:
                            raise ProcessProblem(f"{self.name}: {death(told)} while starting\n{self.log_tail()}")
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            if not scope.expired():
                raise
            raise ProcessProblem(f"{self.name}: not ready after {timeout_s:g} s\n{self.log_tail()}") from None

    async def wait(self, timeout_s: float | None = None) -> ProcessState:
        """Until the program has ended and all that it said is in its log; TimeoutError when it has not in time.

        Raises EngineLost when nobody will know any more.
        """
        if self._life is not None:
            async with asyncio.timeout(timeout_s):
                await asyncio.shield(self._life)
        return await self.look()

    async def kill(self) -> ProcessState:
        await self._call("kill", partial(self._signal, "SIGKILL"))
        return await self.wait(SIGNAL_EFFECT_S)

    async def terminate(self) -> None:
        """SIGTERM, and no waiting. A paused one takes it once resumed, for the engine would resume it to deliver it."""
        await self._call("terminate", self._terminate)

    async def pause(self) -> None:
        await self._call("pause", self.container.pause)

    async def resume(self) -> None:
        """Nothing to do when it is not paused."""
        await self._call("resume", self._unpause)

    async def stop(self, grace_s: float) -> ProcessState:
        """End it from whatever state, within `grace_s` if it will, and for good.

        A start that was cut short may be under way still: it is what ends then.
        """
        try:
            await self._call("stop", partial(self._end_if_begun, grace_s))
            if self._container is not None:
                await self.wait(SIGNAL_EFFECT_S)
        finally:
            await asyncio.to_thread(self.join)
        return ProcessState(Phase.EXITED)

    def finish(self) -> None:
        """Nothing more is asked of it: wait for what was. Blocks."""
        self._calls.shutdown()

    def join(self) -> None:
        """The same, and it has ended or is removed: wait for the last that it said. Blocks."""
        self.finish()
        for follower in self._followers:
            follower.join(SIGNAL_EFFECT_S)

    async def limit(self, **resources: int) -> None:
        """What `docker update` takes; it holds for all lives from now on. Raises ClusterProblem."""
        await self._call("limit", partial(self.container.update, **resources))

    async def limits(self) -> Mapping[str, int]:
        """As the engine has them now, in its own words: CpuQuota, CpuPeriod, Memory."""
        told = await asyncio.to_thread(self._inspect)
        return {name: value for name, value in told["HostConfig"].items() if isinstance(value, int)}

    async def memory_of_machine(self) -> int:
        """Bytes, of the engine's."""

        def ask() -> int:
            with obeying(f"{self.name}: info"):
                return int(self._engine.info()["MemTotal"])

        return await asyncio.to_thread(ask)

    async def memory_used(self) -> int:
        """Bytes that it uses now beside files that the kernel keeps for it; 0 of one that does not run."""

        def ask() -> int:
            with obeying(f"{self.name}: stats"):
                told = self._engine.api.stats(self.container.id, stream=False, one_shot=True)
            memory = told.get("memory_stats", {})
            kept = memory.get("stats", {})  # in the words of the first or of the second version of control groups
            return int(memory.get("usage", 0)) - int(kept.get("total_inactive_file", kept.get("inactive_file", 0)))

        return await asyncio.to_thread(ask)

    def address(self) -> str:
        """Its own in its network; the empty one when it has none there."""
        there = self._inspect()["NetworkSettings"]["Networks"]
        return str(there.get(self._plan.network.name, {}).get("IPAddress", ""))

    async def leave_network(self) -> None:
        """It runs on; nothing to do when it is outside. What was open is not closed."""
        await self._call("disconnect", lambda: self._plan.network.leave(self.container))

    async def join_network(self) -> None:
        """Under another address than it had; nothing to do when it is inside."""
        await self._call("connect", lambda: self._plan.network.join(self.container, self.name))

    def log_tail(self, lines: int = TAIL_LINES) -> str:
        """The last lines of the present life's output, for error messages."""
        return log_tail(self.log, self._log_start, lines)

    def _told(self) -> Mapping[str, Any]:
        """The `State` of the engine's answer; empty before the first start and after the last end."""
        if self._container is None:
            return {}
        told: Mapping[str, Any] = self._inspect()["State"]
        return told

    def _inspect(self) -> Mapping[str, Any]:
        with obeying(f"{self.name}: inspect"):
            try:
                told: Mapping[str, Any] = self._engine.api.inspect_container(self.container.id)
            except NotFound:
                return {"State": {"Status": "removing"}, "HostConfig": {}, "NetworkSettings": {"Networks": {}}}
        return told

    def _begin(self, loop: asyncio.AbstractEventLoop, life: asyncio.Future[None]) -> None:
        try:
            self._run(loop, life)
        except BaseException:
            _tell(loop, life, None)  # it never began
            raise

    def _run(self, loop: asyncio.AbstractEventLoop, life: asyncio.Future[None]) -> None:
        if self._container is None:
            self._container = self._create()
        # Before the start, so that nothing it says is missed.
        output = self._container.attach(stdout=True, stderr=True, stream=True, logs=False)
        follower = threading.Thread(target=self._follow, args=(output, loop, life), daemon=True)
        try:
            self._container.start()
        except BaseException:
            output._response.close()  # noqa: SLF001 - see `_follow`
            raise
        follower.start()
        self._followers.append(follower)

    def _create(self) -> Container:
        plan = self._plan
        return self._engine.containers.create(
            plan.image,
            name=f"{plan.network.name}-{plan.name}",
            entrypoint=list(plan.command[:1]),
            command=list(plan.command[1:]),
            environment=dict(plan.environment),
            labels=dict(plan.labels),
            ports={f"{inside}/tcp": (LOOPBACK, outside) for inside, outside in plan.ports.items()},
            network=plan.network.name,
            networking_config={
                plan.network.name: self._engine.api.create_endpoint_config(aliases=[self.name]),
            },
            volumes={str(folder.absolute()): {"bind": place, "mode": "ro"} for folder, place in plan.folders.items()},
            working_dir=plan.directory,
            # Who sets this has names without a dot asked for in the network alone. Otherwise a node that is gone would
            # be asked for at this machine's name server, and everybody who meant it would wait for what that says.
            dns_opt=["ndots:1"] if plan.hermetic else None,
            dns_search=["."] if plan.hermetic else None,
            # Signals do to it what they do to a process of this machine: the first process of a container ignores
            # those that it has no handler for.
            init=True,
            # The harness asks by itself, and more often.
            healthcheck={"test": ["NONE"]},
        )

    def _follow(self, output: CancellableStream, loop: asyncio.AbstractEventLoop, life: asyncio.Future[None]) -> None:
        with suppress(*FAILURES, OSError, ValueError), self.log.open("ab", buffering=0) as log:
            for chunk in output:
                log.write(chunk)
        output._response.close()  # noqa: SLF001 - closing the stream alone would leave its socket open
        lost: EngineLost | None = None
        try:
            # An attached stream ends a moment before the engine knows how the program ended.
            with obeying(f"{self.name}: wait"):
                self.container.wait(timeout=LIFE_S)
            self.memory_kills += bool(self._told().get("OOMKilled"))
        except EngineLost as problem:
            lost = problem
        except ClusterProblem:
            pass  # it is removed already
        _tell(loop, life, lost)

    def _terminate(self) -> None:
        if self._told().get("Paused"):
            self._told_to_end = True
        else:
            self._signal("SIGTERM")

    def _signal(self, name: str) -> None:
        """Nothing to do when it is gone, as one may be that ends by itself in this moment."""
        if process_state(self._told()).alive:
            self.container.kill(name)

    def _unpause(self) -> None:
        if self._told().get("Paused"):
            self.container.unpause()
        if self._told_to_end:
            self._told_to_end = False
            self.container.kill("SIGTERM")

    def _end_if_begun(self, grace_s: float) -> None:
        if self._container is not None:
            self._end(grace_s)

    def _end(self, grace_s: float) -> None:
        with suppress(NotFound):
            self._unpause()
            self.container.stop(timeout=max(1, round(grace_s)))

    async def _call(self, what: str, act: Callable[[], object]) -> None:
        """In its turn, and carried out even if whoever asked for it waits no longer."""

        def obey() -> None:
            with obeying(f"{self.name}: {what}"):
                act()

        await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._calls, obey))


def _tell(loop: asyncio.AbstractEventLoop, life: asyncio.Future[None], lost: EngineLost | None) -> None:
    """From another thread: the life is over, or the engine was lost that knew of it."""
    with suppress(RuntimeError):  # the loop is closed: nobody is interested any more
        loop.call_soon_threadsafe(_settle, life, lost)


def _settle(life: asyncio.Future[None], lost: EngineLost | None) -> None:
    if life.done():
        return
    if lost is None:
        life.set_result(None)
    else:
        life.set_exception(lost)
        life.exception()  # it may be that nobody waits for it
