from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

import pytest

from system.coordinator.core.dispatcher import Dispatcher
from system.coordinator.core.errors import NotAdmitted
from system.coordinator.core.flight import Flight
from system.coordinator.core.ledger import Entry
from system.coordinator.core.member import Member, MemberState
from system.coordinator.core.policy import Policy
from system.coordinator.core.request import Attempt, Completed, Request
from tests.coordinator.scripted import ScriptedWorker


@dataclass
class Notes:
    """What the dispatcher told its listener."""

    ended: list[Entry] = field(default_factory=list)
    moves: list[tuple[str, str, str]] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    refused: list[NotAdmitted] = field(default_factory=list)
    sent: list[Flight] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)

    def request_ended(self, request: Request, entry: Entry) -> None:  # noqa: ARG002 - the listener's signature
        self.ended.append(entry)

    def request_refused(self, refusal: NotAdmitted) -> None:
        self.refused.append(refusal)

    def batch_sent(self, flight: Flight) -> None:
        self.sent.append(flight)

    def attempt_ended(self, request: Request, attempt: Attempt) -> None:  # noqa: ARG002 - likewise
        self.attempts.append(attempt)

    def member_changed(self, member: Member, before: MemberState, reason: str) -> None:
        self.moves.append((member.id, before.value, member.state.value))
        self.reasons.append(reason)


@dataclass
class Fleet:
    """A running dispatcher over scripted workers."""

    dispatcher: Dispatcher
    workers: list[ScriptedWorker]
    notes: Notes
    asked: list[asyncio.Task[Completed]] = field(default_factory=list)

    def ask(self, *texts: str) -> list[asyncio.Task[Completed]]:
        """Send each text at once, as a client of its own."""
        tasks = [asyncio.create_task(self.dispatcher.infer(text)) for text in texts]
        self.asked += tasks
        return tasks

    async def answers(self, *texts: str) -> list[str]:
        return [(await task).answer.output for task in self.ask(*texts)]

    def state_of(self, index: int) -> MemberState:
        return self.dispatcher.members[index].state

    def books(self) -> tuple[int, int, int, int]:
        ledger = self.dispatcher.ledger
        return ledger.submitted, ledger.completed, ledger.failed, len(ledger)


FleetMaker = Callable[..., AbstractAsyncContextManager[Fleet]]


@pytest.fixture
def fleet() -> FleetMaker:
    """`async with fleet(3, batch_size=2) as f:` gives a dispatcher whose workers have all been heard of once."""

    @contextlib.asynccontextmanager
    async def make(count: int, service_s: float = 0.01, **policy: float) -> AsyncIterator[Fleet]:
        workers = [ScriptedWorker(service_s) for _ in range(count)]
        notes = Notes()
        named = {f"worker{number}": worker for number, worker in enumerate(workers, 1)}
        async with Dispatcher(named, Policy(**policy), notes, random.Random(1), lambda: 0.0) as dispatcher:  # type: ignore[arg-type]
            await asyncio.sleep(0.001)
            assert all(member.state is MemberState.UP for member in dispatcher.members)
            notes.moves.clear()
            notes.reasons.clear()
            running = Fleet(dispatcher, workers, notes)
            try:
                yield running
            finally:
                for task in running.asked:
                    task.cancel()
                await asyncio.gather(*running.asked, return_exceptions=True)

    return make
