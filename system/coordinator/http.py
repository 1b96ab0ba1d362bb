"""The REST surface: what is asked where, and how an answer is written. Refusals are in refusals.py, the description of
all of it in replies.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Query, Request, Response
from fastapi.routing import APIRoute

from system.coordinator import replies
from system.coordinator.ask import Ask, read
from system.coordinator.core.canary import Canary
from system.coordinator.core.dispatcher import Dispatcher
from system.coordinator.core.idempotency import Answered, Idempotency
from system.coordinator.core.ledger import Entry
from system.coordinator.core.request import Completed
from system.coordinator.intake import Intake
from system.coordinator.json_response import json_response
from system.coordinator.metrics.exposition import Scrape
from system.coordinator.refusals import tell_refusals


def create_app(
    dispatcher: Dispatcher,
    idempotency: Idempotency,
    *,
    canary: Canary,
    intake: Intake,
    scrape: Scrape,
) -> FastAPI:
    app = FastAPI(
        title="Brownout coordinator",
        description="Sentiment of English text; loses no request.",
        generate_unique_id_function=lambda route: route.name,
    )

    # The one route that is asked thousands of times a second, and has nothing to inject.
    undisturbed = APIRouter(route_class=_Undisturbed)

    @undisturbed.post("/infer", openapi_extra=dict(replies.INFER_REQUEST), responses=dict(replies.INFER))
    async def infer(request: Request) -> Response:
        """Answer with the sentiment of `input`. Waits for the answer, at most five times WORKER_TIMEOUT."""
        ask = read(request.scope["headers"], await intake.read(request))
        if ask.key is None:
            return json_response(_inference(await dispatcher.infer(ask.text, ask.timeout_s, ask.traceparent)))
        answered = await _once(ask.key, ask)
        headers = {replies.REPLAYED: "true"} if answered.replayed else None
        return json_response(_inference(answered.completed), headers=headers)

    app.include_router(undisturbed)

    async def _once(key: str, ask: Ask) -> Answered:
        return await idempotency.once(
            key,
            ask.text,
            min(ask.timeout_s or math.inf, dispatcher.policy.deadline),
            lambda: dispatcher.infer(ask.text, ask.timeout_s, ask.traceparent),
        )

    @app.get("/status", responses=dict(replies.STATUS))
    async def status() -> Response:
        """Workers, counters and everything admitted that has not ended."""
        return json_response(_status(dispatcher))

    @app.get("/recent_requests", responses=dict(replies.RECENT))
    async def recent_requests(limit: Annotated[int, Query(ge=1, le=1_000_000)] = 100) -> Response:
        """Requests that ended, newest first."""
        return json_response([_entry(entry) for entry in dispatcher.ledger.recent(limit)])

    @app.get("/healthz", responses=dict(replies.ALIVE))
    async def healthz() -> Response:
        """Alive: this process answers."""
        return json_response({"ok": True})

    @app.get("/readyz", responses=dict(replies.READY))
    async def readyz() -> Response:
        """Ready: a request sent now would be answered, as one was within the last second, or a canary has been."""
        reason = await canary.complaint()
        return json_response({"ready": reason is None, "reason": reason}, 200 if reason is None else 503)

    @app.get("/metrics", response_class=Response, responses=dict(replies.METRICS))
    async def metrics(request: Request) -> Response:
        """Figures for Prometheus, as its text or as OpenMetrics, whichever is accepted."""
        exposition = scrape(request.headers.get("accept", ""))
        return Response(exposition.body, headers={"Content-Type": exposition.content_type})

    tell_refusals(app)
    return app


class _Undisturbed(APIRoute):
    """Calls its endpoint with the request, without looking for parameters to resolve."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        return self.endpoint


def _inference(completed: Completed) -> dict[str, Any]:
    return {
        "request_id": completed.request_id,
        "output": completed.answer.output,
        "worker": completed.worker,
        "success": True,
        "retries": completed.retries,
        "score": completed.answer.score,
    }


def _status(dispatcher: Dispatcher) -> dict[str, Any]:
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
        "tasks_hedged": ledger.hedged,
        "tasks_refused": ledger.refused,
        "queue_length": len(dispatcher.queue),
        "pending_requests": [
            {
                "id": request.id,
                "input": request.shown,
                "status": request.state,
                "worker": request.worker,
                "timestamp": _iso(request.timestamp),
            }
            for request in ledger.pending
        ],
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "timestamp": _iso(entry.timestamp),
        "request_id": entry.request_id,
        "input": entry.input,
        "output": entry.output,
        "score": entry.score,
        "worker": entry.worker,
        "success": entry.success,
        "error": entry.error,
        "retries": entry.retries,
        "latency_ms": round(entry.latency_ms, 2),
    }


def _iso(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="milliseconds")
