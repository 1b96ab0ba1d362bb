"""A client that says byte for byte what a test tells it to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from tests.coordinator.running import PATIENCE_S

BODY = b'{"input": "an utterly charming film"}'


def post(body: bytes = BODY, head: bytes = b"", version: bytes = b"1.1") -> bytes:
    """A request for an inference; `head` is further header lines."""
    size = b"Content-Length: %d\r\n" % len(body)
    return b"POST /infer HTTP/%b\r\nHost: test\r\n%b%b\r\n%b" % (version, head, size, body)


@dataclass(frozen=True)
class RawReply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        told: dict[str, Any] = orjson.loads(self.body)
        return told


@dataclass(frozen=True)
class RawClient:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @property
    def port(self) -> int:
        port: int = self.writer.get_extra_info("sockname")[1]
        return port

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    def stop_sending(self) -> None:
        self.writer.write_eof()

    async def reply(self) -> RawReply:
        """The next one that is final."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
                status = int(head[0].split()[1])
                if status >= 200:
                    body = await self.reader.readexactly(int(headers.get("content-length", "0")))
                    return RawReply(status, headers, body)

    async def closed(self) -> None:
        """Returns once the other side has closed; what it still sends is thrown away."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                while await self.reader.read(1 << 20):
                    pass
            except ConnectionResetError:
                return


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[RawClient]:
    reader, writer = await asyncio.open_connection(*url.removeprefix("http://").split(":"))
    try:
        yield RawClient(reader, writer)
    finally:
        writer.transport.abort()


async def asked(url: str, data: bytes) -> RawReply:
    async with connected(url) as client:
        client.send(data)
        return await client.reply()
