"""The coordinator's HTTP edge: what its core says, as status, body and headers.

It does for a simulation what system/coordinator/http.py, ask.py and http_connection.py do on real sockets.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import orjson

from chaos.clients.wire import REPLAYED_HEADER
from chaos.clusters.simulated.connection import Connection
from chaos.clusters.simulated.http_wire import HttpReply, HttpRequest
from chaos.clusters.simulated.process import Process
from system.coordinator.core import account
from system.coordinator.core.canary import Canary
from system.coordinator.core.dispatcher import Dispatcher
from system.coordinator.core.errors import NotAdmitted, RequestFailed
from system.coordinator.core.idempotency import Idempotency, KeyReused, StillRunning
from system.coordinator.core.problem import Problem, told
from system.coordinator.core.refusal import INPUT, KEY, refusal

TIMEOUT = "X-Request-Timeout"
TRACE = "traceparent"


class HttpServer:
    """`connections` are those that are open; what they ask is answered by tasks of the process."""

    def __init__(
        self, process: Process, dispatcher: Dispatcher, idempotency: Idempotency, canary: Canary, max_body_bytes: int
    ) -> None:
        self.connections: dict[HttpConnection, None] = {}
        self._process = process
        self._dispatcher = dispatcher
        self._idempotency = idempotency
        self._canary = canary
        self._max_body_bytes = max_body_bytes
        self._closing = False

    def accept(self, connection: Connection) -> HttpConnection:
        accepted = HttpConnection(self, connection)
        self.connections[accepted] = None
        return accepted

    @property
    def busy(self) -> int:
        return sum(each.task is not None for each in self.connections)

    def close(self) -> None:
        """Take no further request; who waits for an answer gets it."""
        self._closing = True
        for each in list(self.connections):
            if each.task is None:
                each.close()

    @property
    def closing(self) -> bool:
        return self._closing

    def answer(self, request: HttpRequest) -> HttpReply | Callable[[HttpRequest], Coroutine[Any, Any, HttpReply]]:
        """At once, or by what."""
        match request.method, request.path:
            case "POST", "/infer":
                return self._infer
            case "GET", "/status":
                return _reply(200, account.status(self._dispatcher))
            case "GET", "/healthz":
                return _reply(200, {"ok": True})
            case "GET", "/readyz":
                return self._ready
        return _reply(404, {"detail": "Not Found"})

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return self._process.spawn(work)

    async def _ready(self, _: HttpRequest) -> HttpReply:
        reason = await self._canary.complaint()
        return _reply(200 if reason is None else 503, {"ready": reason is None, "reason": reason})

    async def _infer(self, request: HttpRequest) -> HttpReply:
        if len(request.body) > self._max_body_bytes:
            why = f"the body is larger than {self._max_body_bytes} bytes"
            return _reply(413, told([Problem(INPUT, why, "too_large")]))
        text: str = orjson.loads(request.body)["input"]
        if problem := _flaw(text):
            return _reply(422, told([problem]))
        given = request.headers.get(TIMEOUT)
        timeout_s, key = None if given is None else float(given), request.headers.get(KEY)
        trace = request.headers.get(TRACE)
        replayed = False
        try:
            if key is None:
                completed = await self._dispatcher.infer(text, timeout_s, trace)
            else:
                patience_s = min(timeout_s or math.inf, self._dispatcher.policy.deadline)
                execute = _execution(self._dispatcher, text, timeout_s, trace)
                answered = await self._idempotency.once(key, text, patience_s, execute)
                completed, replayed = answered.completed, answered.replayed
        except (NotAdmitted, RequestFailed, KeyReused, StillRunning) as error:
            refused = refusal(error)
            return HttpReply(refused.status, orjson.dumps(refused.body), refused.headers)
        return _reply(200, account.inference(completed), {REPLAYED_HEADER: "true"} if replayed else None)


class HttpConnection:
    """The coordinator's end of one connection; a client that goes away takes its request with it."""

    def __init__(self, server: HttpServer, connection: Connection) -> None:
        self.task: asyncio.Task[None] | None = None
        self._server = server
        self._connection = connection
        self._open = True

    def received(self, request: HttpRequest) -> None:
        answer = self._server.answer(request)
        if isinstance(answer, HttpReply):
            self._send(answer)
        else:
            self.task = self._server.spawn(self._answer(answer, request))

    def lost(self, *, reset: bool) -> None:  # noqa: ARG002 - gone is gone
        self._open = False
        self._server.connections.pop(self, None)
        if self.task is not None:
            self.task.cancel()

    def close(self) -> None:
        if self._open:
            self._open = False
            self._server.connections.pop(self, None)
            self._connection.close_server()

    async def _answer(
        self, answer: Callable[[HttpRequest], Coroutine[Any, Any, HttpReply]], request: HttpRequest
    ) -> None:
        try:
            reply = await answer(request)
        finally:
            self.task = None
        self._send(reply)

    def _send(self, reply: HttpReply) -> None:
        if self._open:
            self._connection.down.push(reply, reply.size)
            if self._server.closing:
                self.close()


def _execution(
    dispatcher: Dispatcher, text: str, timeout_s: float | None, trace: str | None
) -> Callable[[], Coroutine[Any, Any, Any]]:
    return lambda: dispatcher.infer(text, timeout_s, trace)


def _flaw(text: str) -> Problem | None:
    """What keeps a text from being taken in; words and kinds are pydantic's."""
    if not text:
        return Problem(INPUT, "String should have at least 1 character", "string_too_short")
    if "\0" in text:
        return Problem(INPUT, "Value error, must not contain NUL characters", "value_error")
    return None


def _reply(status: int, content: object, headers: Mapping[str, str] | None = None) -> HttpReply:
    return HttpReply(status, orjson.dumps(content), headers or {})
