"""One toxiproxy-server process of our own, on a reserved loopback port, with its client."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, NoReturn, Self

from chaos.processes.keeper import Keeper
from chaos.processes.ports import LOOPBACK, PortReservation
from chaos.processes.process import OsProcess
from chaos.toxiproxy.client import ToxiproxyClient
from chaos.toxiproxy.problem import ToxiproxyProblem

START_S: Final = 10.0  # about 20 ms on an idle machine
GRACE_S: Final = 1.0  # it holds nothing worth saving
PULSE_S: Final = 1.0  # between two calls that only ask whether it still answers
SILENCES: Final = 3  # each of up to 2 s: a machine may stall that long, a proxy that is of use may not


class ToxiproxyServer:
    """An async context manager: inside it the server answers, after it nothing is left of it.

    Its death in between must not look like a fault of the system: run `watch` beside the experiment to learn of it at
    once, or ask `check` when a call has failed.
    """

    def __init__(self, executable: Path, *, log: Path, keeper: Keeper | None = None) -> None:
        """`executable` is what `chaos.toxiproxy.find` found."""
        self._executable = executable
        self._log = log
        self._keeper = keeper
        self._scope = AsyncExitStack()
        self._process: OsProcess | None = None
        self._client: ToxiproxyClient | None = None

    @property
    def client(self) -> ToxiproxyClient:
        if self._client is None:
            raise ToxiproxyProblem("toxiproxy-server: not started")
        return self._client

    @property
    def process(self) -> OsProcess:
        if self._process is None:
            raise ToxiproxyProblem("toxiproxy-server: not started")
        return self._process

    async def watch(self) -> NoReturn:
        """Fail when the server dies or hangs. Belongs into a task group, and is cancelled before the server is stopped.

        One that hangs holds up what it should pass on, and a run must not blame that on the system.
        """
        ended = asyncio.create_task(self.process.wait(), name="life of toxiproxy-server")
        silences = 0
        try:
            while not ended.done():
                silences = 0 if await self._answers() else silences + 1
                told = "1 call" if silences == 1 else f"{silences} calls in a row"
                if silences == SILENCES and not ended.done():
                    raise ToxiproxyProblem(f"toxiproxy-server hangs: {told} without an answer")
                await asyncio.wait({ended}, timeout=PULSE_S)
        finally:
            ended.cancel()
        raise self._death()

    async def check(self) -> None:
        """Fail if the server is dead."""
        if not self.process.alive:
            raise self._death()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as scope:
            port = scope.enter_context(PortReservation())
            self._process = OsProcess(
                "toxiproxy-server",
                (str(self._executable), "-host", LOOPBACK, "-port", str(port.port)),
                log=self._log,
                environment={"LOG_LEVEL": "info"},
                keeper=self._keeper,
            )
            scope.push_async_callback(self._process.stop, GRACE_S)
            await self._process.start()
            self._client = await scope.enter_async_context(ToxiproxyClient(port.address))
            await self._process.ready(self._answers, timeout_s=START_S)
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
            return False  # not listening yet, or not any more; what that means is for the caller to decide
        return True

    def _death(self) -> ToxiproxyProblem:
        return ToxiproxyProblem(f"toxiproxy-server died: {self.process.state}\n{self.process.log_tail()}")
