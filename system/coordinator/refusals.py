"""What a client is told when there is no answer, whether the core has none (see its refusal.py) or was never asked."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.requests import ClientDisconnect

from system.coordinator.ask import NotUnderstood
from system.coordinator.core.errors import NotAdmitted, RequestFailed
from system.coordinator.core.idempotency import KeyReused, StillRunning
from system.coordinator.core.problem import Problem, told
from system.coordinator.core.refusal import INPUT, Refusing, refusal
from system.coordinator.intake import BodyTooLarge
from system.coordinator.json_response import json_response


def tell_refusals(app: FastAPI) -> None:
    app.exception_handler(NotUnderstood)(_not_understood)
    app.exception_handler(RequestValidationError)(_invalid_query)
    app.exception_handler(BodyTooLarge)(_too_large)
    for kind in (KeyReused, StillRunning, NotAdmitted, RequestFailed):
        app.exception_handler(kind)(_refused)
    app.exception_handler(ClientDisconnect)(_nobody_there)


async def _not_understood(_: Request, error: NotUnderstood) -> Response:
    return json_response(told(error.problems), 422)


async def _invalid_query(_: Request, error: RequestValidationError) -> Response:
    problems = [Problem(tuple(problem["loc"]), problem["msg"], problem["type"]) for problem in error.errors()]
    return json_response(told(problems), 422)


async def _too_large(_: Request, error: BodyTooLarge) -> Response:
    # The rest of the body is still on its way; a connection in the middle of a body cannot serve another request.
    return json_response(told([Problem(INPUT, str(error), "too_large")]), 413, {"Connection": "close"})


async def _refused(_: Request, error: Refusing) -> Response:
    refused = refusal(error)
    return json_response(refused.body, refused.status, refused.headers)


async def _nobody_there(_: Request, __: ClientDisconnect) -> Response:
    # It hung up before it had sent its whole body: no error of ours, and nobody reads this.
    return Response(status_code=400)
