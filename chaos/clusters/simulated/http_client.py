"""A client program's HTTP connections: a new one when none is idle, kept for a while after an answer."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Mapping
from typing import Final

from chaos.clients.wire import REPLAYED_HEADER, Sending, WireReply
from chaos.clusters.simulated.connection import Connection
from chaos.clusters.simulated.http_wire import HttpReply, HttpRequest
from chaos.clusters.simulated.link import Link

IDLE_S: Final = 2.0  # as long as `chaos.clients.infer_session` keeps a connection


class Exchange:
    """The client's end of one connection, with at most one request on it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.connection: Connection | None = None
        self.open = True
        self.idle_since = 0.0
        self._loop = loop
        self._reply: asyncio.Future[HttpReply] | None = None

    async def ask(self, request: HttpRequest) -> HttpReply:
        """Raises ConnectionResetError where the connection ends first."""
        if not self.open or self.connection is None:
            raise ConnectionResetError(errno.ECONNRESET, "Server disconnected")
        self._reply = self._loop.create_future()
        self.connection.up.push(request, request.size)
        try:
            return await self._reply
        except asyncio.CancelledError:
            self.close()
            raise

    def close(self) -> None:
        self.open = False
        if self.connection is not None:
            self.connection.close_client()

    def received(self, message: HttpReply) -> None:
        if self._reply is not None and not self._reply.done():
            self._reply.set_result(message)

    def lost(self, *, reset: bool) -> None:
        self.open = False
        if self._reply is not None and not self._reply.done():
            why = "Connection reset by peer" if reset else "Server disconnected"
            self._reply.set_exception(ConnectionResetError(errno.ECONNRESET, why))


class HttpClient:
    """Implements `chaos.clients.wire.Wire` over a link."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._loop = link.loop
        self._idle: list[Exchange] = []

    async def exchange(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None, *, sending: Sending
    ) -> WireReply:
        request = HttpRequest(method, path, body, headers or {})
        exchange = self._taken() or self._dialled()
        sending.begun = True
        reply = await exchange.ask(request)
        if exchange.open:
            exchange.idle_since = self._loop.time()
            self._idle.append(exchange)
        headers = reply.headers
        return WireReply(reply.status, reply.body, headers.get("Retry-After"), replayed=REPLAYED_HEADER in headers)

    def close(self) -> None:
        for exchange in self._idle:
            exchange.close()
        self._idle.clear()

    def _taken(self) -> Exchange | None:
        while self._idle:
            exchange = self._idle.pop()
            if exchange.open and self._loop.time() - exchange.idle_since <= IDLE_S:
                return exchange
            exchange.close()
        return None

    def _dialled(self) -> Exchange:
        exchange = Exchange(self._loop)
        exchange.connection = self._link.dial(exchange, None)
        if exchange.connection is None:
            raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
        return exchange
