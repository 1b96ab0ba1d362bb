"""What became of one request."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import aiohttp
import orjson

DETAIL_LENGTH: Final = 200  # characters of what a reply said


class Kind(StrEnum):
    """Everything but ANSWERED is a failure."""

    ANSWERED = "answered"
    REFUSED = "refused"  # 503: certainly not executed
    TIMED_OUT = "timed_out"  # 504: the system gave up
    REJECTED = "rejected"  # 4xx: the request is wrong
    SERVER_ERROR = "server_error"  # any other 5xx
    NOT_UNDERSTOOD = "not_understood"  # a reply that the contract does not know
    NO_ANSWER = "no_answer"  # within our own timeout
    NOT_CONNECTED = "not_connected"  # certainly not sent
    CUT = "cut"  # the connection broke with the request on it


@dataclass(frozen=True, slots=True)
class Outcome:
    """`detail` says in words why there is no answer."""

    kind: Kind
    latency_s: float
    worker: str | None = None
    retries: int = 0
    detail: str = ""


def of_reply(status: int, body: bytes, latency_s: float) -> Outcome:
    """A complete HTTP reply; failures tell their retries too."""
    fields = _fields(body)
    retries = fields.get("retries")
    worker = fields.get("worker")
    kind = _kind_of(status, fields)
    said = fields.get("detail") or body.decode(errors="replace")
    return Outcome(
        kind,
        latency_s,
        worker=worker if isinstance(worker, str) else None,
        retries=retries if isinstance(retries, int) else 0,
        detail="" if kind is Kind.ANSWERED else f"{status}: {said}"[:DETAIL_LENGTH],
    )


def of_problem(problem: aiohttp.ClientError | OSError, latency_s: float) -> Outcome:
    """No complete reply. TimeoutError, which is an OSError, is our own timeout."""
    if isinstance(problem, asyncio.TimeoutError):
        return Outcome(Kind.NO_ANSWER, latency_s, detail=f"no answer after {latency_s:.1f} s")
    kind = Kind.NOT_CONNECTED if isinstance(problem, aiohttp.ClientConnectorError) else Kind.CUT
    return Outcome(kind, latency_s, detail=f"{type(problem).__name__}: {problem}"[:DETAIL_LENGTH])


def _kind_of(status: int, fields: Mapping[str, Any]) -> Kind:
    match status:
        case 200:
            return Kind.ANSWERED if fields.get("success") is True and fields.get("output") else Kind.NOT_UNDERSTOOD
        case 503:
            return Kind.REFUSED
        case 504:
            return Kind.TIMED_OUT
        case _ if 400 <= status < 500:
            return Kind.REJECTED
        case _ if status >= 500:
            return Kind.SERVER_ERROR
        case _:
            return Kind.NOT_UNDERSTOOD


def _fields(body: bytes) -> Mapping[str, Any]:
    """Of a JSON object; anything else has none."""
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return fields if isinstance(fields, dict) else {}
