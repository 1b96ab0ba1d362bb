"""Who is a member: those at fixed addresses from first to last, those behind a name for as long as it says so.

name ── every DNS_INTERVAL ──▶ addresses ── came ──▶ channel opened, member added
                                         └─ went ──▶ member leaves: no new batches ──▶ its last one is back ──▶ closed
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, Self

from structlog.typing import FilteringBoundLogger

from system.coordinator.addresses import Addresses, Name
from system.coordinator.core.member import Member
from system.coordinator.core.worker import Worker
from system.coordinator.resolver import Resolver

Connect = Callable[[str], AbstractAsyncContextManager[Worker]]


class Fleet(Protocol):
    """Who is told. `Dispatcher` is one."""

    def add_member(self, name: str, worker: Worker) -> Member: ...

    async def remove_member(self, member: Member) -> None:
        """Give it no more batches and return once those it carries have come back."""


@dataclass(slots=True)
class _Stay:
    """The time of one address as a member. `connection` closes its channel."""

    connection: AsyncExitStack
    member: Member
    leaving: bool = False


@dataclass(slots=True)
class _Known:
    """What is known of a name: `addresses` by its last answer, which stays true while it gives none."""

    addresses: frozenset[str] = frozenset()
    problem: str | None = None


class Membership:
    """`async with` it around the dispatcher's own scope, since a channel must outlive its calls, and `kept` inside.

    `fixed` are the workers whose addresses are, connected: who the dispatcher begins with.
    """

    def __init__(
        self, addresses: Addresses, connect: Connect, resolve: Resolver, interval_s: float, log: FilteringBoundLogger
    ) -> None:
        self._addresses = addresses
        self._connect = connect
        self._resolve = resolve
        self._interval_s = interval_s
        self._log = log
        # A worker that has an address of its own is not a second one because a name leads there too.
        self._taken = frozenset((*addresses.fixed, *addresses.fixed.values()))
        self._known = {name: _Known() for name in addresses.names}
        self._stays: dict[str, _Stay] = {}
        self._changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._scopes = AsyncExitStack()
        self._scopes.push_async_callback(self._close_all)
        fixed = self._addresses.fixed.items()
        self.fixed = {name: await self._scopes.enter_async_context(self._connect(address)) for name, address in fixed}
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._scopes.aclose()

    @asynccontextmanager
    async def kept(self, fleet: Fleet) -> AsyncIterator[None]:
        """Follow the names while this scope lasts."""
        async with asyncio.TaskGroup() as tasks:
            followers = [tasks.create_task(self._follow(name)) for name in self._addresses.names]
            settling = tasks.create_task(self._settle(fleet))
            try:
                yield
            finally:
                for task in (*followers, settling):
                    task.cancel()

    async def _follow(self, name: Name) -> None:
        loop = asyncio.get_running_loop()
        known = self._known[name]
        while True:
            started = loop.time()
            try:
                addresses = await self._resolve(name)
            except OSError as problem:
                self._not_resolved(name, known, str(problem))
            else:
                self._resolved(name, known, addresses)
            await asyncio.sleep(max(0.0, started + self._interval_s - loop.time()))

    def _resolved(self, name: Name, known: _Known, addresses: frozenset[str]) -> None:
        if known.problem is not None or addresses != known.addresses:
            came, went = addresses - known.addresses, known.addresses - addresses
            self._log.info("name resolved", name=str(name), came=sorted(came), went=sorted(went))
            known.addresses, known.problem = addresses, None
            self._changed.set()

    def _not_resolved(self, name: Name, known: _Known, problem: str) -> None:
        """Keep what was known: a name server that is away takes no worker away. Said once, not each time."""
        if known.problem is None:
            self._log.warning("name not resolved", name=str(name), error=problem, kept=sorted(known.addresses))
            known.problem = problem

    async def _settle(self, fleet: Fleet) -> None:
        """Make members of exactly those that are behind the names now."""
        async with asyncio.TaskGroup() as farewells:
            while True:
                await self._changed.wait()
                self._changed.clear()
                wanted = frozenset[str]().union(*(known.addresses for known in self._known.values()))
                for address in sorted(wanted - self._taken - self._stays.keys()):
                    await self._join(fleet, address)
                for address, stay in self._stays.items():
                    if address not in wanted and not stay.leaving:
                        stay.leaving = True
                        farewells.create_task(self._leave(fleet, address, stay))

    async def _join(self, fleet: Fleet, address: str) -> None:
        connection = AsyncExitStack()
        worker = await connection.enter_async_context(self._connect(address))
        self._stays[address] = _Stay(connection, fleet.add_member(address, worker))

    async def _leave(self, fleet: Fleet, address: str, stay: _Stay) -> None:
        await fleet.remove_member(stay.member)
        await stay.connection.aclose()
        del self._stays[address]
        self._changed.set()  # it may be wanted again by now

    async def _close_all(self) -> None:
        async with AsyncExitStack() as closing:
            for stay in self._stays.values():
                await closing.enter_async_context(stay.connection)
