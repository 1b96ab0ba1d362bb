"""Every reply of the REST surface, as the OpenAPI document describes it. Only the document is made of these models:
answers are written without them, and a test holds what is written against what is described.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from system.coordinator.ask import KEY_SHAPE, TIMEOUT, InferBody
from system.coordinator.core.member import MemberState
from system.coordinator.core.refusal import KEY
from system.coordinator.core.request import State

REPLAYED: Final = "Idempotent-Replayed"

Responses = Mapping[int | str, dict[str, Any]]


class Inference(BaseModel):
    """The answer to one input. `score` is the model's confidence, null from a worker that gives none."""

    request_id: UUID
    output: Literal["POSITIVE", "NEGATIVE"]
    worker: str
    success: Literal[True]
    retries: int
    score: float | None


class ProblemReply(BaseModel):
    """`loc` leads to the field; `type` is for programs."""

    loc: list[str | int]
    msg: str
    type: str


class Refused(BaseModel):
    """What is wrong with what was sent, all of it."""

    model_config = ConfigDict(extra="allow")

    detail: list[ProblemReply]


class Failed(BaseModel):
    """What went wrong here. An admitted request is told its id and where it was tried."""

    detail: str
    request_id: UUID | None = None
    retries: int | None = None
    workers_tried: list[str] | None = None


class NotNow(BaseModel):
    detail: str


class WorkerStatus(BaseModel):
    id: str
    alive: bool
    tasks_processed: int
    last_seen: datetime | None
    state: MemberState
    in_flight: int


class PendingRequest(BaseModel):
    id: UUID
    input: str
    status: State
    worker: str | None
    timestamp: datetime


class Status(BaseModel):
    """At every instant, submitted = completed + failed + pending."""

    workers: list[WorkerStatus]
    tasks_submitted: int
    tasks_completed: int
    tasks_failed: int
    tasks_retried: int
    tasks_hedged: int
    tasks_refused: int
    queue_length: int
    pending_requests: list[PendingRequest]


class RecentRequest(BaseModel):
    timestamp: datetime
    request_id: UUID
    input: str
    output: str | None
    score: float | None
    worker: str | None
    success: bool
    error: str | None
    retries: int
    latency_ms: float


class Alive(BaseModel):
    ok: Literal[True]


class Readiness(BaseModel):
    ready: bool
    reason: str | None


def _header(description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": description, "schema": dict(schema)}


_RETRY_AFTER: Final = _header("Seconds after which to come again.", {"type": "integer", "minimum": 1})
_REPLAYED: Final = _header(
    "There, and true, when the answer is that of an earlier request with the same key.",
    {"type": "string", "const": "true"},
)

INFER: Final[Responses] = MappingProxyType(
    {
        200: {
            "description": "The answer.",
            "model": Inference,
            "headers": {REPLAYED: _REPLAYED},
            "links": {"recent": {"operationId": "recent_requests", "parameters": {"limit": 1}}},
        },
        408: {"description": "The request was not all here in time.", "model": Refused},
        409: {
            "description": f"An earlier request with the same {KEY} is still being answered.",
            "model": Refused,
            "headers": {"Retry-After": _RETRY_AFTER},
        },
        413: {"description": "The body is larger than MAX_BODY_BYTES.", "model": Refused},
        422: {
            "description": "`detail` names what is not as described, or an input that no worker takes; one that is "
            "not tried again for a while says for how long.",
            "model": Refused,
            "headers": {"Retry-After": _RETRY_AFTER},
        },
        431: {"description": "The head of the request is too large.", "model": Refused},
        500: {"description": "The coordinator stopped before there was an answer.", "model": Failed},
        502: {"description": "Every attempt that was allowed failed.", "model": Failed},
        503: {
            "description": "Not admitted, so not executed: overloaded or shutting down.",
            "model": NotNow,
            "headers": {"Retry-After": _RETRY_AFTER},
        },
        504: {"description": "No worker answered in time.", "model": Failed},
    }
)
STATUS: Final[Responses] = MappingProxyType({200: {"description": "As of now.", "model": Status}})
RECENT: Final[Responses] = MappingProxyType(
    {
        200: {"description": "Newest first.", "model": list[RecentRequest]},
        422: {"description": "`detail` names what is not as described.", "model": Refused},
    }
)
ALIVE: Final[Responses] = MappingProxyType({200: {"description": "Alive.", "model": Alive}})
READY: Final[Responses] = MappingProxyType(
    {
        200: {"description": "Ready.", "model": Readiness},
        503: {"description": "Not ready; `reason` says why.", "model": Readiness},
    }
)
METRICS: Final[Responses] = MappingProxyType(
    {
        200: {
            "description": "Every figure of docs/observability.md.",
            "content": {
                "text/plain": {"schema": {"type": "string"}},
                "application/openmetrics-text": {"schema": {"type": "string"}},
            },
        }
    }
)
INFER_REQUEST: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "parameters": [
            {
                "name": TIMEOUT,
                "in": "header",
                "description": "Seconds after which nobody waits for the answer; five times WORKER_TIMEOUT at most.",
                "schema": {"type": "number", "exclusiveMinimum": 0},
            },
            {
                "name": KEY,
                "in": "header",
                "description": "Requests with the same key are executed once and get the same answer.",
                "schema": {"type": "string", "pattern": KEY_SHAPE, "minLength": 1, "maxLength": 255},
            },
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": InferBody.model_json_schema()}},
        },
    }
)
