"""Toxiproxy in a container, with its client on this machine."""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Final, NoReturn, Self

from docker import DockerClient

from chaos.clusters.docker.image import ensure, pull
from chaos.clusters.docker.process import ContainerProcess, Plan
from chaos.image import Image
from chaos.processes.ports import PortReservation
from chaos.processes.process import ProcessState
from chaos.toxiproxy.client import ToxiproxyClient
from chaos.toxiproxy.find import find
from chaos.toxiproxy.problem import ToxiproxyMissing, ToxiproxyProblem
from chaos.toxiproxy.release import VERSION

VARIABLE: Final = "TOXIPROXY_IMAGE"  # environment: an image to use instead, with toxiproxy-server at PROGRAM
PROGRAM: Final = "/toxiproxy"  # where the official image has it too
ALIAS: Final = "toxiproxy.brownout"  # no node can be called so, for the dot
API_PORT: Final = 8474
START_S: Final = 30.0
DOCKERFILE: Final = f'FROM scratch\nCOPY toxiproxy {PROGRAM}\nENTRYPOINT ["{PROGRAM}"]\n'.encode()


def proxy_image(engine: DockerClient, say: Callable[[str], None]) -> str:
    """An image of Toxiproxy: the one that is named, or one around the server that local clusters use. Blocks.

    Raises ToxiproxyMissing or ClusterProblem.
    """
    named = os.environ.get(VARIABLE)
    if named:
        return pull(named, engine, say)
    if sys.platform != "linux":
        raise ToxiproxyMissing(f"this machine's toxiproxy-server is no Linux program; set {VARIABLE} to an image of it")
    context: dict[str, Path | bytes] = {"Dockerfile": DOCKERFILE, "toxiproxy": find(say=say)}
    return ensure(Image(f"brownout/toxiproxy-{VERSION}", context), engine, say)


class DockerToxiproxy:
    """An async context manager: inside it the server answers.

    Whoever sweeps up ends it, for it holds nothing worth saving.
    """

    def __init__(
        self, plan: Plan, *, engine: DockerClient, log: Path, api: PortReservation, edges: Mapping[int, int]
    ) -> None:
        """`api` is where its control is published, `edges` the ports of proxies and what they are published as.

        Nothing is where this machine is in its network: each port takes the engine as long as a small program takes to
        start.
        """
        self._near = plan.network.near
        self._published = api.address
        command = (PROGRAM, "-host", "0.0.0.0", "-port", str(API_PORT))  # noqa: S104 - of its container
        ports = {} if self._near else {API_PORT: api.port, **edges}
        plan = replace(plan, name=ALIAS, command=command, ports=ports, hermetic=True)
        self.process = ContainerProcess(plan, engine=engine, log=log)
        self._client: ToxiproxyClient | None = None
        self._scope = AsyncExitStack()

    @property
    def client(self) -> ToxiproxyClient:
        if self._client is None:
            raise ToxiproxyProblem("the Toxiproxy container is not started")
        return self._client

    async def direct(self) -> str | None:
        """Its address in its network; None where this machine does not reach it there, as one that is not the engine's.

        It stays the same, as the server is never started again.
        """
        return await asyncio.to_thread(self.process.address) if self._near else None

    async def watch(self) -> NoReturn:
        """Fail when the server dies."""
        raise self._death(await self.process.wait())

    async def check(self) -> None:
        """Fail if the server is dead."""
        if not (state := await self.process.look()).alive:
            raise self._death(state)

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as scope:
            await self.process.start()
            within = await self.direct()
            client = ToxiproxyClient(self._published if within is None else f"{within}:{API_PORT}")
            self._client = await scope.enter_async_context(client)
            await self.process.ready(self._answers, timeout_s=START_S)
            self._scope = scope.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._scope.aclose()

    async def _answers(self) -> bool:
        try:
            await self.client.version()
        except ToxiproxyProblem:
            await asyncio.sleep(0.02)
            return False  # whether it ever will is for `ready` to decide
        return True

    def _death(self, state: ProcessState) -> ToxiproxyProblem:
        why = "was the engine stopped, or short of memory? see `docker info`, and run this again"
        return ToxiproxyProblem(f"the Toxiproxy container died: {state}; {why}\n{self.process.log_tail()}")
