"""One span for each request of a client, around the application that answers it."""

from __future__ import annotations

import time
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from system.tracing import traceparent
from system.tracing.span import Kind, Span, Tracer

TRACED: Final = "/infer"


class TracedApp:
    """An ASGI application around another, which finds this one's span where the client's `traceparent` was."""

    def __init__(self, app: ASGIApp, tracer: Tracer) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != TRACED:
            await self._app(scope, receive, send)
            return
        headers = MutableHeaders(scope=scope)
        span = self._tracer.start(
            f"{scope['method']} {TRACED}",
            Kind.SERVER,
            traceparent.read(headers.get("traceparent")),
            time.time(),
            {
                "http.request.method": scope["method"],
                "http.route": TRACED,
                "url.path": TRACED,
                "url.scheme": scope["scheme"],
            },
        )
        headers["traceparent"] = span.traceparent
        answer = _Answer(send, span)
        try:
            await self._app(scope, receive, answer)
        finally:
            span.end(answer.handed_over or time.time(), answer.failure)


class _Answer:
    """Passes on what is sent, and notes how it begins and when the last of it was handed over."""

    def __init__(self, send: Send, span: Span) -> None:
        self._send = send
        self._span = span
        self.failure: str | None = "nothing was answered"
        self.handed_over: float | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            status = message["status"]
            self._span.note({"http.response.status_code": status})
            self.failure = None if status < 500 else f"status {status}"
        elif message["type"] == "http.response.body" and not message.get("more_body"):
            # Read before and not after: the client may have its answer, and end its own span, before this process gets
            # to run again.
            self.handed_over = time.time()
        await self._send(message)
