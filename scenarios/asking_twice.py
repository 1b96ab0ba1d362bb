"""Clients that ask for everything twice, and again when their connection breaks, under one key each."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Final

from chaos.bundled import NOTHING, bundled
from chaos.clients.client import InferClient
from chaos.clients.infer_session import InferSession, connected
from chaos.recipe import remakeable
from chaos.system_under_test import Reply, Session, SystemUnderTest
from reports.history import OpType

BETWEEN_TRIES_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class TwiceSession:
    """Every text is one request to the system, if keys do what they are for."""

    http: InferSession
    keys: Iterator[int] = field(default_factory=count)

    async def ask(self, text: str, deadline_s: float) -> Reply:
        key = f"key-{next(self.keys)}"
        first, second = await asyncio.gather(*(self._until_told(text, deadline_s, key) for _ in range(2)))
        if first.value.get("request_id") != second.value.get("request_id"):
            return Reply(OpType.INFO, {}, f"asked twice, told {dict(first.value)} and {dict(second.value)}")
        told_again = any(each.value.get("replayed") for each in (first, second))
        value = {name: value for name, value in first.value.items() if name != "replayed"} | {"told_again": told_again}
        return replace(first, value=value)

    async def _until_told(self, text: str, deadline_s: float, key: str) -> Reply:
        clock = asyncio.get_running_loop().time
        until = clock() + deadline_s
        while True:
            reply = await self.http.ask(text, until - clock(), key=key)
            if "status" in reply.value or clock() >= until:
                return reply
            await asyncio.sleep(BETWEEN_TRIES_S)


@dataclass(frozen=True, slots=True)
class TwiceClient:
    one: InferClient

    @asynccontextmanager
    async def open(self, base_url: str) -> AsyncIterator[Session]:
        async with connected(base_url) as http:
            yield TwiceSession(http)

    def expected(self, text: str) -> str | None:
        return self.one.expected(text)


@remakeable
def asked_twice(
    workers: int = 3, *, coordinator: Mapping[str, str] = NOTHING, worker: Mapping[str, str] = NOTHING
) -> SystemUnderTest:
    """The bundled system, with such clients."""
    return replace(bundled(workers, coordinator=coordinator, worker=worker), client=TwiceClient(InferClient()))
