"""Refusals on a connection that no application has seen yet: what they say, and how they go on the wire."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import orjson
from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from system.coordinator.core.problem import Problem, told
from system.coordinator.json_response import json_response

NOT_HTTP: Final = Problem(("request",), "this is no HTTP request", "malformed")
NO_TUNNEL: Final = Problem(("request",), "no tunnel is to be had here", "malformed")
HEAD_TOO_LARGE: Final = Problem(("header",), "the head of the request is too large", "too_large")
FRAMED_TOO_MUCH: Final = Problem(("body",), "the body and what frames it are too large", "too_large")
HEAD_LATE: Final = Problem(("header",), "the head of the request was not here in time", "late")
BODY_LATE: Final = Problem(("body",), "the body of the request was not here in time", "late")


def written(status: int, problem: Problem, default_headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A whole answer, after which the connection is closed."""
    body = orjson.dumps(told([problem]))
    headers = [
        *default_headers,
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    return STATUS_LINE[status] + b"".join(b"%b: %b\r\n" % header for header in headers) + b"\r\n" + body


async def crowded(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """An application for connections beyond the bound."""
    told_so = json_response(
        {"detail": "too many clients are connected"}, 503, {"Retry-After": "1", "Connection": "close"}
    )
    await told_so(scope, receive, send)  # type: ignore[arg-type]
