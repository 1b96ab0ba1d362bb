"""Who may use the REST surface: whoever brings one of the API keys. Without keys, none of this is in the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

import orjson
from fastapi import FastAPI
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from system.coordinator.api_keys import ApiKeys
from system.reloading import Reloading

# Those that ask have no keys, and learn nothing but whether this process lives, and whether it serves.
OPEN: Final = frozenset({"/healthz", "/readyz"})

_SCHEMES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "bearer": {"type": "http", "scheme": "bearer"},
        "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    }
)


class Guarded:
    """An ASGI application around another, to which only requests with a key come through, and those for `OPEN`."""

    def __init__(self, app: ASGIApp, keys: Reloading[ApiKeys]) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN:
            await self._app(scope, receive, send)
            return
        presented = list(_presented(scope["headers"]))
        keys = self._keys.current
        if any(keys.admit(key) for key in presented):
            await self._app(scope, receive, send)
        else:
            await _refusal(presented)(scope, receive, send)


def _presented(headers: Iterable[tuple[bytes, bytes]]) -> Iterator[bytes]:
    for name, value in headers:
        if name == b"x-api-key":
            yield value
        elif name == b"authorization":
            scheme, _, credentials = value.partition(b" ")
            if scheme.lower() == b"bearer":
                yield credentials.strip()


def _refusal(presented: list[bytes]) -> Response:
    if presented:
        detail, error = "The API key is not known", ', error="invalid_token"'
    else:
        detail, error = "An API key is needed: Authorization: Bearer <key>, or X-API-Key: <key>", ""
    challenge = f'Bearer realm="brownout"{error}'
    return Response(
        orjson.dumps({"detail": detail}), 401, {"WWW-Authenticate": challenge}, media_type="application/json"
    )


def describe(app: FastAPI) -> None:
    """Say in the application's OpenAPI document what `Guarded` asks for. Call it once, after the last route."""
    document = app.openapi()
    document.setdefault("components", {})["securitySchemes"] = {name: dict(scheme) for name, scheme in _SCHEMES.items()}
    for path, operations in document["paths"].items():
        if path not in OPEN:
            for operation in operations.values():
                operation["security"] = [{name: []} for name in _SCHEMES]
                operation["responses"]["401"] = dict(_UNAUTHORISED)


_UNAUTHORISED: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "description": "No API key, or one that is not known.",
        "headers": {"WWW-Authenticate": {"schema": {"type": "string"}, "required": True}},
        "content": {
            "application/json": {
                "schema": {"type": "object", "required": ["detail"], "properties": {"detail": {"type": "string"}}}
            }
        },
    }
)
