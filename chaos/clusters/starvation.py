"""Starving one process of a machine that it shares: it is stopped for a part of every tenth of a second.

A control group would be the kernel's own means, but who may not write to one, as most users and most containers, has
none; a low priority starves nobody on a machine that idles. Stopping works for everybody, on one process and what it
started, and costs two signals in each period, which is that in which Docker counts its quotas too.
"""

import asyncio
from contextlib import suppress
from typing import Final, Protocol

PERIOD_S: Final = 0.1
BETWEEN_SAMPLES_S: Final = 0.003


class Stoppable(Protocol):
    """A node's process, whichever of its lives is the present one."""

    @property
    def name(self) -> str: ...

    @property
    def runs(self) -> bool:
        """Neither stopped nor gone, as whoever runs it has it now."""

    def halt(self) -> None:
        """Nothing to do when it is gone."""

    def let_run(self) -> None:
        """Nothing to do when it is gone."""


class Starvation:
    """Of one node's process."""

    def __init__(self, process: Stoppable) -> None:
        self.held = False
        """Whether it is to stand still for another reason, which nothing here may end."""
        self._process = process
        self._task: asyncio.Task[None] | None = None

    async def begin(self, share: float) -> None:
        """`share` of each period it runs."""
        await self.end()
        self._task = asyncio.create_task(self._starve(share), name=f"starve {self._process.name}")

    async def end(self) -> None:
        """Also lets it run, unless it is held."""
        if self._task is None:
            return
        task, self._task = self._task, None
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        self._let_run()

    async def share(self, within_s: float) -> float:
        """The part of the time in which it is seen to run, over so long a look."""
        clock = asyncio.get_running_loop().time
        until, ran, looked = clock() + within_s, 0, 0
        while True:
            ran += self._process.runs
            looked += 1
            if clock() >= until:
                return ran / looked
            await asyncio.sleep(BETWEEN_SAMPLES_S)

    async def _starve(self, share: float) -> None:
        while True:
            self._process.halt()
            await asyncio.sleep(PERIOD_S * (1 - share))
            self._let_run()
            await asyncio.sleep(PERIOD_S * share)

    def _let_run(self) -> None:
        if not self.held:
            self._process.let_run()
