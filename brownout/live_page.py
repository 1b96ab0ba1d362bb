"""The dashboard beside a running system, which goes on without it: a picture that fails breaks nothing."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from chaos.probes import HttpProbe, attempt
from chaos.processes.ports import LOOPBACK
from chaos.processes.process import OsProcess, ProcessProblem

NAME: Final = "dashboard"
READY_WITHIN_S: Final = 60.0  # takes 3 s; it starts last in line, when everything else is busy starting too
PROBE_S: Final = 1.0
BETWEEN_PROBES_S: Final = 0.2
GRACE_S: Final = 2.0


class LivePage:
    """Shows the system at `coordinator`; `say` is told where, and when it ended. Its log is a file in `logs`."""

    def __init__(
        self,
        logs: Path,
        environment: Mapping[str, str],
        coordinator: str,
        port: int,
        say: Callable[[str], None],
    ) -> None:
        self.url: Final = f"http://{LOOPBACK}:{port}"
        self._say = say
        decided = {"COORDINATOR_URL": coordinator, "HOST": LOOPBACK, "PORT": str(port), "FIRST_PAGE": "live"}
        self._process = OsProcess(
            NAME,
            (sys.executable, "-m", "dashboard"),
            log=logs / f"{NAME}.log",
            environment={**environment, **decided},
        )

    async def keep(self) -> None:
        """Run it until cancelled. What ends it otherwise is told, and nothing more."""
        async with AsyncExitStack() as scope:
            scope.push_async_callback(self._process.stop, GRACE_S)
            try:
                await self._process.start()
                await self._process.ready(self._serves, timeout_s=READY_WITHIN_S)
            except ProcessProblem as problem:
                self._say(f"no live page: {problem}")
                return
            self._say(f"live page: {self.url}")
            state = await self._process.wait()
            self._say(f"the live page is gone: it {state}; everything else goes on (its log: {self._process.log})")

    async def _serves(self) -> bool:
        result = await attempt(HttpProbe("/_stcore/health"), self.url.removeprefix("http://"), timeout_s=PROBE_S)
        if not result.ready:
            await asyncio.sleep(BETWEEN_PROBES_S)
        return result.ready
