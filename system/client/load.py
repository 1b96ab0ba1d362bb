"""Sends requests when they are due and counts what becomes of them."""

import asyncio
from collections.abc import Iterable, Iterator
from random import Random
from typing import Final

import aiohttp
import orjson

from system.client.outcome import Outcome, of_problem, of_reply
from system.client.pattern import BackToBack, Pattern
from system.client.tally import Tally


class Load:
    """One pattern of requests to one coordinator."""

    def __init__(
        self, http: aiohttp.ClientSession, url: str, texts: Iterator[str], *, timeout_s: float, tally: Tally
    ) -> None:
        """`timeout_s` is how long each answer is waited for."""
        self._http = http
        self._url: Final = f"{url.rstrip('/')}/infer"
        self._texts = texts
        self._timeout_s = timeout_s
        self._tally = tally

    async def run(self, pattern: Pattern, rng: Random) -> None:
        """Send all of it and wait for the answers. Cancelled, it leaves those that are out as outstanding."""
        if isinstance(pattern, BackToBack):
            until = asyncio.get_running_loop().time() + pattern.seconds
            async with asyncio.TaskGroup() as clients:
                for _ in range(pattern.clients):
                    clients.create_task(self._back_to_back(until))
        else:
            await self._when_due(pattern.due(rng))

    async def _when_due(self, times: Iterable[float]) -> None:
        """Open loop: slow answers do not slow the sending."""
        clock = asyncio.get_running_loop().time
        began = clock()
        async with asyncio.TaskGroup() as outstanding:
            for due_s in times:
                # At least one turn of the loop each, so that a late client still lets answers in.
                await asyncio.sleep(max(0.0, began + due_s - clock()))
                outstanding.create_task(self._ask())

    async def _back_to_back(self, until: float) -> None:
        clock = asyncio.get_running_loop().time
        while clock() < until:
            await self._ask()

    async def _ask(self) -> None:
        self._tally.sent += 1
        self._tally.count(await self._outcome(next(self._texts)))

    async def _outcome(self, text: str) -> Outcome:
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._http.post(
                    self._url,
                    data=orjson.dumps({"input": text}),
                    headers={"Content-Type": "application/json"},
                    allow_redirects=False,
                ) as response,
            ):
                return of_reply(response.status, await response.read(), clock() - began)
        except (aiohttp.ClientError, OSError) as problem:
            return of_problem(problem, clock() - began)
