"""Lets the live page break what `brownout up --chaos` started: HTTP on this machine alone, for who has the token.

    GET  /state      {"began_at", "now_s", "windows": […], "in_force": […], "problems": […]}
    GET  /catalogue  [{"kind", "inverse", "about", "several", "targets", "parameters"}]
    POST /inject     {"kind", "target", "parameters", "seconds"}  →  {"id"}, or 422 {"problem"}
    POST /heal       {"id"}, or {} for everything                →  {}, or 422 {"problem"}
    GET  /session    the case that `brownout replay` takes

The token is drawn anew each time, and told to nobody but the live page. No page of another origin can send it, and the
port is nobody's who does not know both.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import asdict
from types import TracebackType
from typing import Any, Final, Self

import orjson
from aiohttp import web

from brownout.session import Session
from chaos.catalogue import catalogue
from chaos.problems import HarnessProblem
from chaos.processes.ports import LOOPBACK
from reports.windows import FaultWindow

LARGEST: Final = 64 * 1024  # bytes of a question; a fault takes some hundred
LONGEST_S: Final = 3600.0  # that a fault may be in force


class Control:
    """A scope in which the session is listened for; `say` is told of every fault."""

    def __init__(self, session: Session, say: Callable[[str], None]) -> None:
        self.token: Final = secrets.token_urlsafe(32)
        self.url = ""
        self._session = session
        self._say = say
        application = web.Application(middlewares=[self._guard], client_max_size=LARGEST)
        application.add_routes(
            [
                web.get("/state", self._state),
                web.get("/catalogue", self._catalogue),
                web.get("/session", self._case),
                web.post("/inject", self._inject),
                web.post("/heal", self._heal),
            ]
        )
        self._runner = web.AppRunner(application, access_log=None)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, LOOPBACK, 0)
        await site.start()
        self.url = f"http://{LOOPBACK}:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:  # noqa: ANN401 - aiohttp's
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self.token}".encode()):
            return _answer({"problem": "this needs the token that only the live page was told"}, status=401)
        try:
            answered: web.StreamResponse = await handler(request)
        except HarnessProblem as problem:
            return _answer({"problem": str(problem)}, status=422)
        return answered

    async def _state(self, _: web.Request) -> web.Response:
        hands = self._session.hands
        return _answer(
            {
                "began_at": self._session.began_at,
                "now_s": hands.now_s,
                "windows": [_told(each) for each in hands.windows],
                "in_force": list(hands.in_force),
                "problems": hands.problems,
            }
        )

    async def _catalogue(self, _: web.Request) -> web.Response:
        return _answer([asdict(each) for each in catalogue(self._session.hands.cluster)])

    async def _case(self, _: web.Request) -> web.Response:
        return _answer(self._session.to_json())

    async def _inject(self, request: web.Request) -> web.Response:
        match await _asked(request):
            case {"kind": str(kind), "target": str(target), "parameters": dict(given), **more}:
                seconds = _seconds(more.get("seconds"))
            case _:
                raise HarnessProblem("kind and target are texts and parameters is an object")
        fault_id = self._session.hands.inject(kind, target, given, seconds)
        self._say(f"broken by hand: {fault_id} on {target}")
        return _answer({"id": fault_id})

    async def _heal(self, request: web.Request) -> web.Response:
        match await _asked(request):
            case {"id": str(fault_id)}:
                self._session.hands.heal(fault_id)
                self._say(f"healed by hand: {fault_id}")
            case _:
                await self._session.hands.heal_all()
                self._say("everything is healed")
        return _answer({})


async def _asked(request: web.Request) -> Any:  # noqa: ANN401 - JSON
    """Raises HarnessProblem."""
    try:
        return orjson.loads(await request.read())
    except ValueError as problem:
        raise HarnessProblem(f"this is not JSON: {problem}") from problem


def _seconds(given: object) -> float | None:
    """Raises HarnessProblem."""
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given <= LONGEST_S:
        raise HarnessProblem(f"seconds {given!r} is not a number above 0, up to {LONGEST_S:g}")
    return float(given)


def _told(window: FaultWindow) -> dict[str, Any]:
    return window.to_json() | {"takes_out": list(window.takes_out)}


def _answer(content: object, *, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(content), status=status, content_type="application/json")
