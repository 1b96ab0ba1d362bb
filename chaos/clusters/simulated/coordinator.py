"""A simulated coordinator: the coordinator's own core between a simulated HTTP edge and simulated channels."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from random import Random
from typing import Final

from chaos.clusters.simulated.http_server import HttpServer
from chaos.clusters.simulated.link import Link
from chaos.clusters.simulated.log import wall_clock
from chaos.clusters.simulated.process import Process
from chaos.clusters.simulated.settings import CoordinatorSettings
from chaos.clusters.simulated.worker_link import WorkerLink
from system.coordinator.core.account import changed_line, ended_line
from system.coordinator.core.canary import Canary
from system.coordinator.core.dispatcher import Dispatcher
from system.coordinator.core.errors import NotAdmitted
from system.coordinator.core.flight import Flight
from system.coordinator.core.idempotency import Idempotency
from system.coordinator.core.ledger import Entry
from system.coordinator.core.member import Member, MemberState
from system.coordinator.core.request import Attempt, Request

# Seconds, at least and at most, as measured of the real one on two cores.
UNTIL_LISTENING_S: Final = (0.5, 0.8)
UNTIL_GONE_S: Final = (0.02, 0.06)
TICK_S: Final = 0.1  # how often uvicorn looks whether it is to end, and whether it can


class LogLines:
    """Writes what the dispatcher tells; implements its `Listener`, as system/coordinator/logs.py does."""

    def __init__(self, process: Process) -> None:
        self._log = process.log

    def request_refused(self, refusal: NotAdmitted) -> None: ...

    def batch_sent(self, flight: Flight) -> None: ...

    def attempt_ended(self, request: Request, attempt: Attempt) -> None: ...

    def request_ended(self, request: Request, entry: Entry) -> None:
        self._log("request", level="info", **ended_line(request, entry))

    def member_changed(self, member: Member, before: MemberState, reason: str) -> None:
        self._log("membership", level="info", **changed_line(member, before, reason))


class Coordinator:
    """`workers` are the links to them, by name. `shown` is how much of an input may be read."""

    def __init__(
        self, process: Process, settings: CoordinatorSettings, workers: Mapping[str, Link], rng: Random
    ) -> None:
        self._process = process
        self._settings = settings
        self._workers = workers
        self._rng = rng

    async def main(self) -> int:
        process, settings, loop = self._process, self._settings, self._process.loop
        await asyncio.sleep(self._rng.uniform(*UNTIL_LISTENING_S))
        links = {name: WorkerLink(link, process, self._rng) for name, link in self._workers.items()}
        lines, abandoned = LogLines(process), 0
        ids = Random(self._rng.getrandbits(64) if settings.seed is None else settings.seed)

        def now() -> float:
            return wall_clock(loop.time())

        async with AsyncExitStack() as scopes:
            dispatcher = await scopes.enter_async_context(
                Dispatcher(links, settings.policy, lines, ids, now, show=lambda text: text[:120])
            )
            idempotency = await scopes.enter_async_context(
                Idempotency(settings.idempotency_keys, settings.idempotency_ttl, lines)
            )
            server = HttpServer(
                process, dispatcher, idempotency, Canary(dispatcher, settings.canary_ttl, now), settings.max_body_bytes
            )
            ending = asyncio.Event()

            def abandon() -> None:
                nonlocal abandoned
                abandoned += dispatcher.abandon()

            def drain(times: int) -> None:
                process.log("draining", level="info", signal="SIGTERM", pending=len(dispatcher.ledger))
                if times > 1:
                    abandon()
                    return
                dispatcher.drain()
                process.later(settings.drain_timeout, abandon)
                ending.set()

            process.on_signal(drain)
            process.listener = server.accept
            process.log("listening", level="info", host="127.0.0.1", port=0, workers=",".join(self._workers))
            await ending.wait()
            await asyncio.sleep(TICK_S * self._rng.random())
            process.listener = None
            server.close()
            while server.busy:  # noqa: ASYNC110 - just what uvicorn does
                await asyncio.sleep(TICK_S)
        for link in links.values():
            link.close()
        ledger = dispatcher.ledger
        process.log("stopped", level="info", completed=ledger.completed, failed=ledger.failed, abandoned=abandoned)
        await asyncio.sleep(self._rng.uniform(*UNTIL_GONE_S))
        return 0
