"""One worker of the running system, started again whenever it ends, as a restart policy of Compose would.

begin ──► serving ──ends──► wait (back-off) ──► start ──► serving …
                                 ▲                └─ ends before it serves ─► again, a few times, then give up
                                 └──────────────────────────┘
"""

import asyncio
from collections.abc import Callable
from typing import Final

from brownout.backoff import Backoff
from chaos.probes import GrpcHealthProbe, attempt
from chaos.processes.process import OsProcess, ProcessProblem, ProcessState

READY_WITHIN_S: Final = 30.0  # takes 1-2 s; a machine busy with other things is allowed its time
PROBE_S: Final = 1.0
BETWEEN_PROBES_S: Final = 0.05  # probing costs the CPU that the start needs
MOST_FALSE_STARTS: Final = 5  # in a row
COULD_NOT_START: Final = 2  # a worker's exit code for wrong settings, model or port: trying again changes nothing


class Supervised:
    """`say` is told of every end and every return, in a sentence."""

    def __init__(self, process: OsProcess, address: str, say: Callable[[str], None]) -> None:
        self.process: Final = process
        self.restarts = 0
        self._address = address
        self._say = say
        self._backoff = Backoff()

    @property
    def name(self) -> str:
        return self.process.name

    async def begin(self) -> None:
        """Start and wait until it serves. Raises ProcessProblem when it ends before that, or takes too long."""
        await self.process.start()
        await self.process.ready(self._serves, timeout_s=READY_WITHIN_S)

    async def keep(self) -> None:
        """See to it that it lives, from a `begin` that succeeded until cancelled; or until starting is hopeless."""
        clock = asyncio.get_running_loop().time
        began = clock()
        while True:
            state = await self.process.wait()
            wait_s = self._backoff.after(clock() - began)
            self._say(f"{self.name} {state} after {clock() - began:.1f} s; starting it again in {wait_s:g} s")
            if not await self._begin_again(wait_s):
                return
            began = clock()

    async def _begin_again(self, wait_s: float) -> bool:
        clock = asyncio.get_running_loop().time
        for _ in range(MOST_FALSE_STARTS):
            await asyncio.sleep(wait_s)
            began = clock()
            self.restarts += 1
            try:
                await self.begin()
            except ProcessProblem as problem:
                # One that hangs is ended here, or the next start would find it alive.
                state = await self.process.stop(grace_s=0)
                self._say(str(problem))
                if hopeless(state):
                    break
                wait_s = self._backoff.after(0)
            else:
                self._say(f"{self.name} is back after {clock() - began:.1f} s as pid {self.process.pid}")
                return True
        self._say(f"{self.name} cannot start; left down (its log: {self.process.log})")
        return False

    async def _serves(self) -> bool:
        result = await attempt(GrpcHealthProbe(), self._address, timeout_s=PROBE_S)
        if not result.ready:
            await asyncio.sleep(BETWEEN_PROBES_S)
        return result.ready


def hopeless(state: ProcessState) -> bool:
    """The process itself said that what it was given is wrong."""
    return state.code == COULD_NOT_START
