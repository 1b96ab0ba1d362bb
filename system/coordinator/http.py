"""The REST surface: what is asked where, and how an answer is written. Refusals are in refusals.py, the description of
all of it in replies.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Query, Request, Response
from fastapi.routing import APIRoute

from system.coordinator import replies
from system.coordinator.ask import Ask, read
from system.coordinator.core import account
from system.coordinator.core.canary import Canary
from system.coordinator.core.dispatcher import Dispatcher
from system.coordinator.core.idempotency import Answered, Idempotency
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
            return json_response(account.inference(await dispatcher.infer(ask.text, ask.timeout_s, ask.traceparent)))
        answered = await _once(ask.key, ask)
        headers = {replies.REPLAYED: "true"} if answered.replayed else None
        return json_response(account.inference(answered.completed), headers=headers)

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
        return json_response(account.status(dispatcher))

    @app.get("/recent_requests", responses=dict(replies.RECENT))
    async def recent_requests(limit: Annotated[int, Query(ge=1, le=1_000_000)] = 100) -> Response:
        """Requests that ended, newest first."""
        return json_response([account.ended(entry) for entry in dispatcher.ledger.recent(limit)])

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
    async def metrics(request: Request, names: Annotated[tuple[str, ...], Query(alias="name[]")] = ()) -> Response:
        """Figures for Prometheus, as its text or as OpenMetrics, whichever is accepted; all, or the samples named."""
        exposition = scrape(request.headers.get("accept", ""), names)
        return Response(exposition.body, headers={"Content-Type": exposition.content_type})

    tell_refusals(app)
    return app


class _Undisturbed(APIRoute):
    """Calls its endpoint with the request, without looking for parameters to resolve."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        return self.endpoint
