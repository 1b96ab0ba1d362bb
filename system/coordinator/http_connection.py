"""One client's connection: uvicorn's protocol on httptools, with bounds on what a client can make it hold or wait for.

Size       A head larger than HEAD_LIMIT is refused with 431; so is the little that frames a body and is none (chunk
           sizes, trailers) once it would be a way around MAX_BODY_BYTES.
Time       A head not here after HEADER_TIMEOUT, or a body after BODY_TIMEOUT, is refused with 408, whether its bytes
           stall or trickle; a connection on which nothing was ever asked is just closed. An answer that is not taken
           within BODY_TIMEOUT is cut off.
Number     Beyond MAX_CONNECTIONS a few more are let in, so that whoever asks for health or figures is still told; each
           for one request, and `POST /infer` is not among them: 503. Beyond those, connections are cut on arrival.
           Refused clients get LINGER_S to take the refusal and to stop sending; a connection that is closed on what
           they still send is reset, and the refusal with it.
Departure  A client that goes away takes its request with it: the task that answers it is cancelled.

A client that has closed its sending side has either gone or still reads; TCP does not tell which. As long as it is owed
an answer it is sent an interim one (100, which every client has to ignore) now and then: who is gone answers that with
a reset. So half-closed clients get their answers, and departed ones are noticed in a tenth of a second or two. This
needs HTTP/1.1 without TLS; elsewhere a closed sending side counts as gone.

A client that pipelines is not read from before its answers are out, so that neither is its departure seen till then.

An `Upgrade` is not followed. The parser, told of one, would take the body for the beginning of another protocol; it
reads such a request again, without.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sized
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Final

import httptools
from uvicorn._types import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from system.coordinator.core.problem import Problem
from system.coordinator.counting import Figures, counting
from system.coordinator.intake import DISCARDED
from system.coordinator.raw_refusals import (
    BODY_LATE,
    FRAMED_TOO_MUCH,
    HEAD_LATE,
    HEAD_TOO_LARGE,
    NO_TUNNEL,
    NOT_HTTP,
    crowded,
    written,
)

# More than any client sends that is up to no harm; other servers allow 8 to 64 KiB.
HEAD_LIMIT: Final = 32 * 1024

# Connections let in beyond MAX_CONNECTIONS, and how long such a one may take for its head.
RESERVE: Final = 64
RESERVE_HEADER_TIMEOUT_S: Final = 1.0

# For how long, and how much, a client that was refused may still send.
LINGER_S: Final = 2.0

# From the end of a client's sending to the second interim answer, doubled for each further one.
FIRST_PROBE_S: Final = 0.1
PROBE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Bounds:
    """Times in seconds."""

    max_connections: int
    max_body_bytes: int
    header_timeout: float
    body_timeout: float


class _HeadTooLarge(Exception):
    """Raised out of the parser's callback, to end its work on what it was fed."""


class _Flow(FlowControl):
    """Reads nothing while requests wait for their turn; uvicorn's own goes on when the one before them is read."""

    def __init__(self, transport: asyncio.Transport, waiting: Sized) -> None:
        super().__init__(transport)
        self._waiting = waiting

    def resume_reading(self) -> None:
        if not self._waiting:
            super().resume_reading()


class HttpConnection(HttpToolsProtocol):
    """Made by uvicorn, once for each connection; see `bounded`."""

    bounds: ClassVar[Bounds]
    figures: ClassVar[Figures]

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._in_head = True
        self._received = 0  # bytes of the message that is being read, or a little less
        self._late: asyncio.TimerHandle | None = None  # runs while a head or body is on its way
        self._not_taken: asyncio.TimerHandle | None = None  # runs while an answer is
        self._probe: asyncio.TimerHandle | None = None
        self._dismissed = False
        self._in_reserve = False
        self._refused = False
        self._answering: tuple[RequestResponseCycle, asyncio.Task[None]] | None = None

    # ── arriving and leaving ─────────────────────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.flow = _Flow(transport, self.pipeline)
        beyond = len(self.connections) - self.bounds.max_connections
        self._in_reserve = beyond > 0
        if beyond > RESERVE:
            self.figures.cut()
            transport.abort()
        else:
            self._await_bytes(RESERVE_HEADER_TIMEOUT_S if self._in_reserve else self.bounds.header_timeout)

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._late, self._not_taken, self._probe):
            if timer is not None:
                timer.cancel()
        if self._answering is not None:
            self._dismiss(*self._answering)
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Keep the half that is still open, for as long as it may be of use."""
        if self._answering is None or not self._in_head or self.scheme == "https":
            return False
        if self.scope["http_version"] != "1.1":
            return False
        self.cycle.keep_alive = False
        self._look_for_client(FIRST_PROBE_S)
        return True

    def _look_for_client(self, next_after_s: float) -> None:
        if self._answering is not None and not self._answering[0].response_started:
            self.transport.write(PROBE)
            self._probe = self.loop.call_later(next_after_s, self._look_for_client, next_after_s * 2)

    # ── requests on their way in ─────────────────────────────────────────────────────────────────────────────────

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        if self._refused:
            self._received += len(data)
            if self._received > DISCARDED:
                self.transport.abort()
            return
        again = self._read(data)
        while again:
            again = self._read(again)

    def _read(self, data: bytes) -> bytes:
        """Returns what is to be read instead of what was not understood because of an upgrade."""
        self._received += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            return self._without_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            if isinstance(error.__context__, _HeadTooLarge):
                self._refuse(431, HEAD_TOO_LARGE)
            else:
                self._refuse(400, NOT_HTTP)
        else:
            if self._received:
                self._bound_message()
        return b""

    def _bound_message(self) -> None:
        """A message has begun and is not complete: that is where a client can take up room and time."""
        if self._in_head:
            if self._received > HEAD_LIMIT:
                self._refuse(431, HEAD_TOO_LARGE)
            elif self._late is None:
                self._await_bytes(self.bounds.header_timeout)
        elif self._received > HEAD_LIMIT + 2 * max(self.bounds.max_body_bytes, DISCARDED):
            self._refuse(413, FRAMED_TOO_MUCH)
        elif self._late is None:
            self._await_bytes(self.bounds.body_timeout)

    def on_headers_complete(self) -> None:
        if self._received > HEAD_LIMIT and self._head_size() > HEAD_LIMIT:
            raise _HeadTooLarge
        self._in_head = False
        self._all_here()
        if not self.parser.should_upgrade():
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head = True
        self._received = 0
        self._all_here()
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + len(": \r\n") for name, value in self.headers)

    def _without_upgrade(self, rest: bytes) -> bytes:
        method = self.parser.get_method()
        if method == b"CONNECT":
            self._refuse(400, NO_TUNNEL)
            return b""
        lines = [b"%b %b HTTP/%b" % (method, self.url, self.parser.get_http_version().encode())]
        lines += [b"%b: %b" % header for header in self.headers if header[0] not in (b"upgrade", b"connection")]
        if not self.parser.should_keep_alive():
            lines.append(b"connection: close")
        self.parser = httptools.HttpRequestParser(self)
        return b"\r\n".join([*lines, b"", rest])

    # ── clocks ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _await_bytes(self, timeout_s: float) -> None:
        self._late = self.loop.call_later(timeout_s, self._is_late)

    def _all_here(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _is_late(self) -> None:
        self._late = None
        if self.flow.read_paused or self._owes_before():
            self._await_bytes(self.bounds.header_timeout)  # it is not the client's time that passes
        elif self._in_head and not self._received:
            self._close()
        else:
            self._refuse(408, HEAD_LATE if self._in_head else BODY_LATE)

    def _owes_before(self) -> bool:
        """Whether an earlier request is to be answered before anything can be said to what is being read."""
        return self._answering is not None and (self._in_head or self._answering[0] is not self.cycle)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_taking()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._not_taken is not None and not self.transport.is_closing():
            self._not_taken.cancel()
            self._not_taken = None

    def _await_taking(self) -> None:
        if self._not_taken is None:
            self._not_taken = self.loop.call_later(self.bounds.body_timeout, self.transport.abort)

    # ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        if self._in_reserve:
            cycle.keep_alive = False
            app = crowded if cycle.scope["path"] == "/infer" else app
        task = self.loop.create_task(cycle.run_asgi(partial(self._answer, app)))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)
        self._answering = (cycle, task)

    async def _answer(
        self, app: ASGI3Application, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        try:
            await app(scope, receive, counting(send, self.figures))
        except asyncio.CancelledError:
            if not self._dismissed:
                raise

    def _dismiss(self, cycle: RequestResponseCycle, task: asyncio.Task[None]) -> None:
        """Nobody will read its answer."""
        self._dismissed = cycle.disconnected = True
        task.cancel()

    def on_response_complete(self) -> None:
        self._answering = None
        if self.transport.is_closing():
            self._await_taking()
        super().on_response_complete()

    def timeout_keep_alive_handler(self) -> None:
        self._close()

    def shutdown(self) -> None:
        super().shutdown()
        if self.transport.is_closing():
            self._await_taking()

    def _close(self) -> None:
        """What was written may still be taken, for a while."""
        self.transport.close()
        self._await_taking()

    def _refuse(self, status: int, problem: Problem) -> None:
        """Say what is wrong with what is being read, after which nothing more can be read."""
        if self._owes_before():
            # Said now, it would be taken for the answer to the earlier request. Closing after that says enough.
            self.cycle.keep_alive = False
            self._stop_reading()
            return
        if self._answering is not None:
            self._dismiss(*self._answering)
            if self._answering[0].response_started:
                self._close()
                return
        elif not self._in_head:
            self._close()  # answered before it was all here
            return
        self.figures.answered(status)
        self.transport.write(written(status, problem, self.server_state.default_headers))
        self._linger()

    def _stop_reading(self) -> None:
        """What still comes is thrown away."""
        self._refused = True
        self._received = 0
        self._all_here()

    def _linger(self) -> None:
        if self.transport.can_write_eof():
            self._stop_reading()
            self.transport.write_eof()
            self._late = self.loop.call_later(LINGER_S, self._close)
        else:
            self._close()


def bounded(limits: Bounds, told: Figures) -> type[HttpConnection]:
    """The protocol with these bounds, in the form in which uvicorn takes one."""

    class Bounded(HttpConnection):
        bounds = limits
        figures = told

    return Bounded
