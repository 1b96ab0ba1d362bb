"""The REST surface. Bodies are parsed here rather than by the framework's default, so that everything a client can
send (invalid UTF-8, lone surrogates, a megabyte, garbage) ends in a 4xx that names the field and echoes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from starlette.requests import ClientDisconnect

from system.coordinator.core.dispatcher import Dispatcher
from system.coordinator.core.errors import InputRefused, NotAdmitted, RequestFailed
from system.coordinator.core.ledger import Entry
from system.coordinator.intake import BodyTooLarge, Intake
from system.coordinator.metrics.exposition import Scrape
from system.tracing import traceparent


class InferBody(BaseModel):
    """One input for the model."""

    model_config = ConfigDict(extra="forbid", strict=True)

    input: str = Field(min_length=1, description="text to classify, without NUL characters")

    @field_validator("input")
    @classmethod
    def _no_nul(cls, value: str) -> str:
        if "\0" in value:
            raise ValueError("must not contain NUL characters")
        return value


def create_app(dispatcher: Dispatcher, intake: Intake, scrape: Scrape, show: Callable[[str], str]) -> FastAPI:
    app = FastAPI(title="Brownout coordinator", description="Sentiment of English text; loses no request.")

    @app.post("/infer", openapi_extra=_BODY_SCHEMA, responses=_INFER_RESPONSES)
    async def infer(request: Request) -> Response:
        """Answer with the sentiment of `input`. Waits for the answer, at most five times WORKER_TIMEOUT."""
        body = InferBody.model_validate_json(await intake.read(request))
        trace = traceparent.read(request.headers.get("traceparent"))
        completed = await dispatcher.infer(body.input, traceparent=trace)
        return _json(
            {
                "request_id": completed.request_id,
                "output": completed.answer.output,
                "worker": completed.worker,
                "success": True,
                "retries": completed.retries,
                "score": completed.answer.score,
            }
        )

    @app.get("/status")
    async def status() -> Response:
        """Workers, counters and everything admitted that has not ended."""
        return _json(_status(dispatcher, show))

    @app.get("/recent_requests")
    async def recent_requests(limit: Annotated[int, Query(ge=1, le=1_000_000)] = 100) -> Response:
        """Requests that ended, newest first."""
        return _json([_entry(entry, show) for entry in dispatcher.ledger.recent(limit)])

    @app.get("/healthz")
    async def healthz() -> Response:
        """Alive: this process answers."""
        return _json({"ok": True})

    @app.get("/readyz")
    async def readyz() -> Response:
        """Ready: a request sent now would reach a worker."""
        reason = _not_ready(dispatcher)
        return _json({"ready": reason is None, "reason": reason}, 200 if reason is None else 503)

    @app.get("/metrics", response_class=Response, responses=_METRICS_RESPONSES)
    async def metrics(request: Request) -> Response:
        """Figures for Prometheus, as its text or as OpenMetrics, whichever is accepted."""
        exposition = scrape(request.headers.get("accept", ""))
        return Response(exposition.body, headers={"Content-Type": exposition.content_type})

    app.exception_handler(ValidationError)(_invalid_body)
    app.exception_handler(RequestValidationError)(_invalid_query)
    app.exception_handler(BodyTooLarge)(_too_large)
    app.exception_handler(NotAdmitted)(_not_admitted)
    app.exception_handler(InputRefused)(_input_refused)
    app.exception_handler(RequestFailed)(_request_failed)
    app.exception_handler(ClientDisconnect)(_nobody_there)
    return app


def _status(dispatcher: Dispatcher, show: Callable[[str], str]) -> dict[str, Any]:
    ledger = dispatcher.ledger
    return {
        "workers": [
            {
                "id": member.id,
                "alive": member.alive,
                "tasks_processed": member.tasks_processed,
                "last_seen": None if member.last_seen is None else _iso(member.last_seen),
                "state": member.state,
                "in_flight": sum(len(flight.requests) for flight in member.carried),
            }
            for member in dispatcher.members
        ],
        "tasks_submitted": ledger.submitted,
        "tasks_completed": ledger.completed,
        "tasks_failed": ledger.failed,
        "tasks_retried": ledger.retried,
        "queue_length": len(dispatcher.queue),
        "pending_requests": [
            {
                "id": request.id,
                "input": show(request.text),
                "status": request.state,
                "worker": request.worker,
                "timestamp": _iso(request.timestamp),
            }
            for request in ledger.pending
        ],
    }


def _entry(entry: Entry, show: Callable[[str], str]) -> dict[str, Any]:
    return {
        "timestamp": _iso(entry.timestamp),
        "request_id": entry.request_id,
        "input": show(entry.input),
        "output": entry.output,
        "score": entry.score,
        "worker": entry.worker,
        "success": entry.success,
        "error": entry.error,
        "retries": entry.retries,
        "latency_ms": round(entry.latency_ms, 2),
    }


def _not_ready(dispatcher: Dispatcher) -> str | None:
    if dispatcher.draining:
        return "shutting down"
    if not any(member.alive for member in dispatcher.members):
        return "no healthy worker: " + ", ".join(f"{member.id} is {member.state}" for member in dispatcher.members)
    return None


def _iso(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="milliseconds")


def _json(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(orjson.dumps(content), status, headers, media_type="application/json")


# ── errors ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _invalid_body(_: Request, error: ValidationError) -> Response:
    # What was sent is left out: it may be a megabyte, or not encodable as JSON at all.
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return _unprocessable((["body", *problem["loc"]], problem["msg"], problem["type"]) for problem in found)


async def _invalid_query(_: Request, error: RequestValidationError) -> Response:
    return _unprocessable((list(problem["loc"]), problem["msg"], problem["type"]) for problem in error.errors())


def _unprocessable(problems: Iterable[tuple[list[Any], str, str]]) -> Response:
    return _json({"detail": [{"loc": loc, "msg": msg, "type": kind} for loc, msg, kind in problems]}, 422)


async def _too_large(_: Request, error: BodyTooLarge) -> Response:
    problem = {"loc": ["body", "input"], "msg": str(error), "type": "too_large"}
    # The rest of the body is still on its way; a connection in the middle of a body cannot serve another request.
    return _json({"detail": [problem]}, 413, {"Connection": "close"})


async def _not_admitted(_: Request, error: NotAdmitted) -> Response:
    return _json({"detail": str(error)}, error.status, {"Retry-After": str(error.retry_after_s)})


async def _input_refused(_: Request, error: InputRefused) -> Response:
    problem = {"loc": ["body", "input"], "msg": error.detail, "type": "refused"}
    return _json(error.to_json() | {"detail": [problem]}, error.status)


async def _nobody_there(_: Request, __: ClientDisconnect) -> Response:
    # It hung up before it had sent its whole body: no error of ours, and nobody reads this.
    return Response(status_code=400)


async def _request_failed(_: Request, error: RequestFailed) -> Response:
    return _json(error.to_json(), error.status)


_BODY_SCHEMA: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": InferBody.model_json_schema()}},
    }
}
_INFER_RESPONSES: dict[int | str, dict[str, Any]] = {
    413: {"description": "The body is larger than MAX_BODY_BYTES."},
    422: {"description": "The body is not as described; `detail` names the field."},
    503: {"description": "Not admitted: overloaded or shutting down. Safe to send again after Retry-After seconds."},
    504: {"description": "No worker answered in time."},
}
_METRICS_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Every figure of docs/observability.md.",
        "content": {"text/plain": {}, "application/openmetrics-text": {}},
    }
}
