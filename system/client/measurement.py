"""One measurement: is anybody there, send the load, say how it goes, sum up; Ctrl-C sums up what there is."""

import asyncio
import signal
from dataclasses import dataclass
from random import Random, SystemRandom
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from rich.console import Console

from system.client.load import Load
from system.client.pattern import Pattern
from system.client.progress import Progress
from system.client.sentences import endless
from system.client.summary import Summary
from system.client.tally import Tally

# Shorter than servers usually keep an idle connection (5 s), so that no request goes out on one that is just closing.
IDLE_CONNECTION_S: Final = 2.0
BETWEEN_TRIES_S: Final = 0.2
TRY_S: Final = 2.0

COULD_NOT_RUN: Final = 3
FAILED: Final = 1


class Unreachable(Exception):
    """Nobody answers at the address; the message holds the mend."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to measure. `patience_s` is how long a server may take to appear; no seed draws one."""

    url: str
    pattern: Pattern
    sentences: tuple[str, ...]
    timeout_s: float
    patience_s: float
    seed: int | None = None


def checked_url(url: str) -> str:
    """The address as it is. Raises ValueError if requests cannot be sent there."""
    parsed = urlsplit(url)
    if parsed.scheme not in ("http", "https") or not parsed.hostname:
        raise ValueError(f"{url!r} is not an address like http://127.0.0.1:8000")
    return url


async def measure(order: Order, console: Console) -> Summary:
    """Raises Unreachable before the first request; what fails after that is in the summary."""
    seed = SystemRandom().getrandbits(32) if order.seed is None else order.seed
    rng = Random(seed)
    tally = Tally()
    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_CONNECTION_S),
        timeout=aiohttp.ClientTimeout(total=None),  # every request has its own
    ) as http:
        await _reach(http, order)
        console.print(f"{order.pattern} to {order.url}", markup=False, highlight=False, soft_wrap=True)
        began = loop.time()
        load = Load(http, order.url, endless(order.sentences, rng), timeout_s=order.timeout_s, tally=tally)
        sending = asyncio.create_task(load.run(order.pattern, rng))
        showing = asyncio.create_task(Progress(tally, console).show())
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, sending.cancel)
        try:
            await asyncio.wait([sending, showing], return_when=asyncio.FIRST_COMPLETED)
            seconds = loop.time() - began
        finally:
            sending.cancel()
            showing.cancel()
            await asyncio.wait([sending, showing])
        for task in (sending, showing):
            if not task.cancelled():
                task.result()
    return Summary.of(
        tally, url=order.url, pattern=str(order.pattern), seed=seed, seconds=seconds, stopped=sending.cancelled()
    )


def exit_code(summary: Summary) -> int:
    """0 when nothing failed; requests that nobody waited for any more have not failed."""
    return FAILED if summary.failed else 0


async def _reach(http: aiohttp.ClientSession, order: Order) -> None:
    """Any reply will do: what the server makes of requests is what is measured."""
    clock = asyncio.get_running_loop().time
    until = clock() + order.patience_s
    while True:
        try:
            async with asyncio.timeout(TRY_S), http.get(f"{order.url.rstrip('/')}/healthz"):
                return
        except (aiohttp.ClientError, OSError) as problem:
            if clock() >= until:
                said = str(problem) or f"no reply within {TRY_S:g} s"
                raise Unreachable(
                    f"{order.url} cannot be reached: {said}\n"
                    "Start a system with `brownout up`, or give the address of a running one."
                ) from problem
        await asyncio.sleep(BETWEEN_TRIES_S)
