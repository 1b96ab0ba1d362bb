"""What a client is told when there is no answer: the same for every error of a kind, by its class and status.

4xx tell what is wrong with which field (`detail` is a list of problems); 5xx what went wrong here (a sentence).
"""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.requests import ClientDisconnect

from system.coordinator.ask import KEY, NotUnderstood
from system.coordinator.core.errors import NotAdmitted, RequestFailed
from system.coordinator.core.idempotency import KeyReused, StillRunning
from system.coordinator.intake import BodyTooLarge
from system.coordinator.json_response import json_response
from system.coordinator.problem import Problem, told

INPUT = ("body", "input")


def tell_refusals(app: FastAPI) -> None:
    app.exception_handler(NotUnderstood)(_not_understood)
    app.exception_handler(RequestValidationError)(_invalid_query)
    app.exception_handler(BodyTooLarge)(_too_large)
    app.exception_handler(KeyReused)(_key_reused)
    app.exception_handler(StillRunning)(_still_running)
    app.exception_handler(NotAdmitted)(_not_admitted)
    app.exception_handler(RequestFailed)(_request_failed)
    app.exception_handler(ClientDisconnect)(_nobody_there)


async def _not_understood(_: Request, error: NotUnderstood) -> Response:
    return json_response(told(error.problems), 422)


async def _invalid_query(_: Request, error: RequestValidationError) -> Response:
    problems = [Problem(tuple(problem["loc"]), problem["msg"], problem["type"]) for problem in error.errors()]
    return json_response(told(problems), 422)


async def _too_large(_: Request, error: BodyTooLarge) -> Response:
    # The rest of the body is still on its way; a connection in the middle of a body cannot serve another request.
    return json_response(told([Problem(INPUT, str(error), "too_large")]), 413, {"Connection": "close"})


async def _key_reused(_: Request, error: KeyReused) -> Response:
    return json_response(told([Problem(("header", KEY), str(error), error.kind)]), error.status)


async def _still_running(_: Request, error: StillRunning) -> Response:
    return json_response(told([Problem(("header", KEY), str(error), "running")]), error.status, {"Retry-After": "1"})


async def _not_admitted(_: Request, error: NotAdmitted) -> Response:
    detail = told([Problem(INPUT, str(error), error.kind)]) if error.status < 500 else {"detail": str(error)}
    return json_response(detail, error.status, {"Retry-After": str(error.retry_after_s)})


async def _request_failed(_: Request, error: RequestFailed) -> Response:
    detail = told([Problem(INPUT, error.detail, error.kind)]) if error.status < 500 else {}
    return json_response(error.to_json() | detail, error.status)


async def _nobody_there(_: Request, __: ClientDisconnect) -> Response:
    # It hung up before it had sent its whole body: no error of ours, and nobody reads this.
    return Response(status_code=400)
