"""What a person sees while the system runs: a table that is redrawn at a terminal, a line now and then elsewhere."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

import aiohttp
import orjson
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from brownout.fleet import Fleet
from brownout.status import Status

EVERY_S: Final = 0.5
PATIENCE_S: Final = 2.0
RATE_OVER: Final = 5  # samples; a rate over half a second jumps too much to be read
LINE_EVERY_S: Final = 10.0


class Screen:
    """Asks /status and draws it until cancelled."""

    def __init__(self, fleet: Fleet, console: Console) -> None:
        self._fleet = fleet
        self._console = console
        self._samples: deque[Status] = deque(maxlen=RATE_OVER)

    async def show(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE_S)) as http:
            if self._console.is_terminal:
                # Erased at the end: what stays on the terminal is the lines said on the way.
                with Live(console=self._console, auto_refresh=False, transient=True) as live:
                    await self._follow(http, EVERY_S, lambda: live.update(self._table(), refresh=True))
            else:
                await self._follow(http, LINE_EVERY_S, self._line)

    async def _follow(self, http: aiohttp.ClientSession, every_s: float, draw: Callable[[], None]) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            try:
                async with http.get(f"{self._fleet.url}/status") as response:
                    self._samples.append(Status.of_json(orjson.loads(await response.read()), clock()))
            except (aiohttp.ClientError, TimeoutError) as problem:
                self._console.print(f"/status does not answer: {type(problem).__name__} {problem}", markup=False)
            else:
                draw()
            await asyncio.sleep(every_s)

    @property
    def _rate(self) -> float:
        return self._samples[-1].rate_since(self._samples[0])

    def _line(self) -> None:
        """Silent while nothing happens: a log full of the same line helps nobody."""
        before = self._samples[-2].completed if len(self._samples) > 1 else 0
        if self._samples[-1].completed != before:
            newest = self._samples[-1]
            rate = newest.rate_since(self._samples[-2]) if len(self._samples) > 1 else 0.0
            self._console.print(newest.sentence(rate), markup=False, highlight=False, soft_wrap=True)

    def _table(self) -> Group:
        newest = self._samples[-1]
        table = Table(box=None, pad_edge=False, header_style="dim")
        for heading in ("worker", "state"):
            table.add_column(heading)
        for heading in ("pid", "processed", "in flight", "restarts"):
            table.add_column(heading, justify="right")
        for said, worker in zip(newest.workers, self._fleet.workers, strict=True):
            table.add_row(
                said.id,
                Text(said.state, "green" if said.alive else "red"),
                str(worker.process.pid),
                str(said.tasks_processed),
                str(said.in_flight),
                str(worker.restarts),
            )
        return Group("", table, Text(newest.sentence(self._rate)))
