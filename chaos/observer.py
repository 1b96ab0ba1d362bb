"""Asks the system, all the time, what it says of itself; invariants hold that against what the clients saw.

It asks a node directly, past every proxy: a fault on the clients' edge must not blind it.
"""

import asyncio
from typing import Any, Final

import aiohttp
import orjson

from chaos.clients.outcomes import describe
from chaos.page import Page
from chaos.recorder import Recorder
from reports.history import OBSERVER, OpType, status_of

EVERY_S: Final = 0.2
PATIENCE_S: Final = 1.0  # a node that is paused answers nothing; five samples later is soon enough to know


class Observer:
    """Samples one status page into the history, as ops of the process "observer"."""

    def __init__(self, page: Page, recorder: Recorder, *, of: str | None = None) -> None:
        """`of` is the node whose page it is, where others have one too."""
        self._page = page
        self._recorder = recorder
        self._f = status_of(of)

    async def watch(self, every_s: float = EVERY_S) -> None:
        """Sample until cancelled. A sample that takes long makes the next ones fewer, not later."""
        clock = asyncio.get_running_loop().time
        due = clock()
        while True:
            await self.sample()
            due += every_s * (1 + max(0.0, clock() - due) // every_s)
            await asyncio.sleep(due - clock())

    async def sample(self) -> None:
        """One op: `ok` with what the system said, or `info` with what came instead."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                status, body = await self._page.read()
        except TimeoutError:
            self._unknown(f"no answer within {PATIENCE_S:g} s")
        except (aiohttp.ClientError, OSError) as problem:
            self._unknown(describe(problem))
        else:
            self._understand(status, body)

    def _understand(self, status: int, body: bytes) -> None:
        if status != 200:
            return self._unknown(f"status {status}")
        try:
            said = orjson.loads(body)
        except orjson.JSONDecodeError as problem:
            return self._unknown(f"not JSON: {problem}")
        if not isinstance(said, dict):
            return self._unknown(f"not a JSON object: {body[:80]!r}")
        self._recorder.record(OBSERVER, OpType.OK, self._f, _short(said))
        return None

    def _unknown(self, error: str) -> None:
        self._recorder.record(OBSERVER, OpType.INFO, self._f, error=error)


def _short(status: dict[str, Any]) -> dict[str, Any]:
    """The list of pending requests is as long as the queue, five times a second; invariants need its length."""
    if not isinstance(pending := status.get("pending_requests"), list):
        return status
    return {name: value for name, value in status.items() if name != "pending_requests"} | {"pending": len(pending)}
