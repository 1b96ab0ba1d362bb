"""A dispatcher whose workers come and go with names that a test decides."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
from structlog.testing import LogCapture

from system.coordinator.addresses import Addresses, Name
from system.coordinator.core.dispatcher import Dispatcher
from system.coordinator.core.policy import Policy
from system.coordinator.core.request import Completed
from system.coordinator.core.worker import Answer, Item, ItemRefused, Worker
from system.coordinator.membership import Connect, Membership
from system.coordinator.resolver import Resolver
from tests.coordinator.conftest import Notes
from tests.coordinator.scripted import ScriptedWorker

INTERVAL_S = 5.0


class ScriptedNames:
    """A name server whose every answer a test decides: the hosts behind each name, a name that is not there fails."""

    def __init__(self, **hosts: list[str]) -> None:
        self.hosts = hosts
        self.silent: set[str] = set()

    async def __call__(self, name: Name) -> frozenset[str]:
        if name.host in self.silent:
            await asyncio.Event().wait()
        if name.host not in self.hosts:
            raise OSError(-2, "Name or service not known")
        return frozenset(f"{host}:{name.port}" for host in self.hosts[name.host])


class Occupied(ScriptedWorker):
    """Counts the calls under way."""

    calls = 0

    async def infer(self, items: Sequence[Item], timeout_s: float) -> Sequence[Answer | ItemRefused]:
        self.calls += 1
        try:
            return await super().infer(items, timeout_s)
        finally:
            self.calls -= 1


@dataclass
class Company:
    """A dispatcher and the workers that it ever had, by address, each one's lives in turn."""

    names: ScriptedNames
    dispatcher: Dispatcher
    lives: dict[str, list[Occupied]]
    closed: list[str]
    log: LogCapture
    asked: list[asyncio.Task[Completed]] = field(default_factory=list)

    @property
    def members(self) -> list[str]:
        return [member.id for member in self.dispatcher.members]

    def lines(self, event: str) -> list[dict[str, Any]]:
        return [dict(line) for line in self.log.entries if line["event"] == event]

    def ask(self, *texts: str) -> None:
        self.asked += [asyncio.create_task(self.dispatcher.infer(text)) for text in texts]

    async def answers(self) -> list[str]:
        return [completed.answer.output for completed in await asyncio.gather(*self.asked)]


@asynccontextmanager
async def kept(
    workers: str, connect: Connect, resolve: Resolver, log: LogCapture, interval_s: float = INTERVAL_S
) -> AsyncIterator[Dispatcher]:
    logger = structlog.wrap_logger(None, [log], wrapper_class=structlog.make_filtering_bound_logger(0))
    async with (
        Membership(Addresses.read(workers), connect, resolve, interval_s, logger) as membership,
        Dispatcher(membership.fixed, Policy(), Notes(), random.Random(1), lambda: 0.0) as dispatcher,
        membership.kept(dispatcher),
    ):
        yield dispatcher


@asynccontextmanager
async def company(workers: str, names: ScriptedNames, service_s: float = 0.01) -> AsyncIterator[Company]:
    """All who can be members by now are."""
    lives: dict[str, list[Occupied]] = {}
    closed: list[str] = []
    log = LogCapture()

    @asynccontextmanager
    async def connect(address: str) -> AsyncIterator[Worker]:
        worker = Occupied(service_s)
        lives.setdefault(address, []).append(worker)
        yield worker
        assert worker.calls == 0, "its channel was closed under a call"
        closed.append(address)

    async with kept(workers, connect, names, log) as dispatcher:
        running = Company(names, dispatcher, lives, closed, log)
        await asyncio.sleep(0.001)
        yield running
    assert sorted(closed) == sorted(address for address, each in lives.items() for _ in each)
