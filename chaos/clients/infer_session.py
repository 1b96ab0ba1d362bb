"""One client's connections to the bundled system: how a text becomes `POST /infer`, what the reply comes to.

Answers are taken from error replies as well: a 504 still says which request it was and how often it was tried.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from io import BytesIO
from types import SimpleNamespace
from typing import Any, Final

import aiohttp
import orjson

from chaos.clients.outcomes import describe, of_error, of_status
from chaos.clients.wire import REPLAYED_HEADER, OwnNetwork, Sending, Wire, WireReply
from chaos.system_under_test import Reply
from reports.history import OpType

TIMEOUT_HEADER: Final = "X-Request-Timeout"
KEY_HEADER: Final = "Idempotency-Key"
TRACE_HEADER: Final = "traceparent"
KEPT: Final = ("request_id", "output", "worker", "retries", "workers_tried")  # of a reply, in the history
# Shorter than usual servers keep an idle connection (uvicorn: 5 s), so that no request is ever written to one that the
# server is closing at that moment, and whose fate nobody would know.
IDLE_CONNECTION_S: Final = 2.0
LARGE: Final = 1 << 20  # bytes of a body from which on aiohttp wants to read it piece by piece
ERROR_LENGTH: Final = 200  # characters of a reply that was not understood


class InferSession:
    """Connections to one coordinator; any number of requests at once. `headers` go with each."""

    def __init__(self, wire: Wire, headers: Mapping[str, str]) -> None:
        self._wire = wire
        self._headers = headers

    async def ask(
        self, text: str, deadline_s: float, *, key: str | None = None, traceparent: str | None = None
    ) -> Reply:
        """One request, one reply; whatever goes wrong on the way is a reply too.

        Requests under one `key` are one to the system, however often it is asked; `traceparent` is W3C's.
        """
        sending = Sending()
        headers = {name: value for name, value in ((KEY_HEADER, key), (TRACE_HEADER, traceparent)) if value is not None}
        headers = {**self._headers, **headers}
        try:
            async with asyncio.timeout(deadline_s):
                reply = await self._wire.exchange(
                    "POST", "/infer", orjson.dumps({"input": text}), headers, sending=sending
                )
        except TimeoutError as problem:
            outcome = of_error(problem, sent=sending.begun)
            return Reply(outcome, {}, f"no answer within {deadline_s:g} s")
        except (aiohttp.ClientError, OSError) as problem:
            return Reply(of_error(problem, sent=sending.begun), {}, describe(problem))
        understood = understand(reply.status, reply.body, reply.retry_after)
        return replace(understood, value={**understood.value, "replayed": True}) if reply.replayed else understood


class HttpWire:
    """Implements `Wire` with aiohttp."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    async def exchange(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None, *, sending: Sending
    ) -> WireReply:
        async with self._http.request(
            method,
            path,
            data=body if len(body) < LARGE else BytesIO(body),
            headers=headers,
            allow_redirects=False,
            trace_request_ctx=sending,
        ) as response:
            headers = response.headers
            return WireReply(
                response.status, await response.read(), headers.get("Retry-After"), replayed=REPLAYED_HEADER in headers
            )


@asynccontextmanager
async def connected(base_url: str, timeout_s: float | None = None) -> AsyncIterator[InferSession]:
    """A session whose number of connections is not limited: a wait for a free one would slow the load down.

    `timeout_s` is what the system is told that every request may take. In a simulation the loop has a network of its
    own, and connections are that network's.
    """
    headers = {"Content-Type": "application/json"}
    if timeout_s is not None:
        headers[TIMEOUT_HEADER] = f"{timeout_s:g}"
    loop = asyncio.get_running_loop()
    network = loop.wire if isinstance(loop, OwnNetwork) else _http
    async with network(base_url) as wire:
        yield InferSession(wire, headers)


@asynccontextmanager
async def _http(base_url: str) -> AsyncIterator[Wire]:
    tracing = aiohttp.TraceConfig()
    tracing.on_request_headers_sent.append(_begun)
    async with aiohttp.ClientSession(
        base_url,
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_CONNECTION_S),
        timeout=aiohttp.ClientTimeout(total=None),  # whoever asks has a deadline of its own
        trace_configs=[tracing],
    ) as http:
        yield HttpWire(http)


def understand(status: int, body: bytes, retry_after: str | None = None) -> Reply:
    """What a complete HTTP reply comes to. Of a refusal, when to come again and the kinds of its reasons are kept."""
    fields = _fields(body)
    value: dict[str, Any] = {name: fields[name] for name in KEPT if name in fields} | {"status": status}
    if retry_after is not None:
        value["retry_after"] = retry_after
    if reasons := _reasons(fields.get("detail")):
        value["reasons"] = reasons
    outcome = of_status(status)
    if outcome is OpType.FAIL and "request_id" in fields:
        outcome = OpType.INFO  # it was taken in first, and whoever tried it may have done it
    if outcome is not OpType.OK:
        return Reply(outcome, value, f"{status}: {fields.get('detail') or _excerpt(body)}")
    if fields.get("success") is not True:
        return Reply(OpType.INFO, value, f"{status} without success: {_excerpt(body)}")
    if not isinstance(fields.get("output"), str) or not fields["output"]:
        return Reply(OpType.INFO, value, f"{status} without output: {_excerpt(body)}")
    return Reply(OpType.OK, value, None)


def _fields(body: bytes) -> Mapping[str, Any]:
    """Of a JSON object; a body that is not one has none."""
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _reasons(detail: object) -> list[str]:
    """The `type` of each entry of a 422's `detail`."""
    entries = detail if isinstance(detail, list) else ()
    return [entry["type"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("type"), str)]


def _excerpt(body: bytes) -> str:
    return body.decode(errors="replace")[:ERROR_LENGTH]


async def _begun(
    _session: aiohttp.ClientSession, context: SimpleNamespace, _sent: aiohttp.TraceRequestHeadersSentParams
) -> None:
    """Called just before the first byte is handed to the transport."""
    context.trace_request_ctx.begun = True
