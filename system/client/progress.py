"""The figures while a load goes on: one line, in place at a terminal and now and then elsewhere."""

import asyncio
from collections import deque
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner

from system.client.tally import Tally, quantile

REDRAW_S: Final = 0.25
LINE_EVERY_S: Final = 2.0
RATE_OVER: Final = 9  # redraws, about 2 s: a rate over less jumps too much to be read


class Progress:
    """Follows a tally until cancelled."""

    def __init__(self, tally: Tally, console: Console) -> None:
        self._tally = tally
        self._console = console

    async def show(self) -> None:
        if not self._console.is_terminal:
            samples = self._samples(2)
            while True:
                await asyncio.sleep(LINE_EVERY_S)
                self._console.print(self._sentence(samples), markup=False, highlight=False, soft_wrap=True)
        samples = self._samples(RATE_OVER)
        spinner = Spinner("dots", text="")
        with Live(spinner, console=self._console, transient=True):
            while True:
                spinner.update(text=self._sentence(samples))
                await asyncio.sleep(REDRAW_S)

    def _samples(self, most: int) -> deque[tuple[float, int]]:
        return deque([(asyncio.get_running_loop().time(), self._tally.answered)], maxlen=most)

    def _sentence(self, samples: deque[tuple[float, int]]) -> str:
        samples.append((asyncio.get_running_loop().time(), self._tally.answered))
        (before_s, before), (now_s, now) = samples[0], samples[-1]
        rate = (now - before) / (now_s - before_s) if now_s > before_s else 0.0
        p99_s = quantile(self._tally.recent_s, 0.99)
        latency = "" if p99_s is None else f", p99 {p99_s * 1000:.0f} ms"
        return (
            f"sent {self._tally.sent}, answered {self._tally.answered}, failed {self._tally.failed}, "
            f"outstanding {self._tally.outstanding}, {rate:.0f} answers/s{latency}"
        )
