"""Whatever happens to a fleet, in whatever order: once it is well again, nobody is owed anything. Virtual time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import pytest

from system.coordinator.core.errors import (
    AttemptsExhausted,
    DeadlinePassed,
    InputRefused,
    NotAdmitted,
    Poisonous,
    Quarantined,
)
from system.coordinator.core.member import MemberState
from system.coordinator.core.worker import Cause
from tests.coordinator.conftest import Fleet, FleetMaker
from tests.coordinator.scripted import ScriptedWorker

pytestmark = pytest.mark.looptime

STEPS = 60
POISON = "poison"
UNWELCOME = "unwelcome"


def policy(rng: random.Random) -> dict[str, float]:
    return {
        "worker_timeout": rng.choice([0.5, 3.0]),
        "batch_size": rng.choice([1, 3, 8]),
        "batch_timeout": rng.choice([0.0, 0.15]),
        "queue_limit": rng.choice([10, 5000]),
        "queue_wait": rng.choice([0.0, 1.0]),
        "max_attempts": rng.choice([1, 8]),
        "retry_budget": rng.choice([0.0, 0.2]),
        "hedge_after": rng.choice([0.0, 0.5, 0.999]),
        "eject_error_rate": rng.choice([0.0, 0.5]),
        "eject_time": rng.choice([0.0, 5.0]),
        # On such days one worker is killed twice within half a second, the same text alone in its hands both times.
        # suspicion.py says that this cannot be told from poison.
        "poison_kills": rng.choice([4, 100]),
    }


class Day:
    """Things that happen, at random, to a fleet and its clients."""

    def __init__(self, fleet: Fleet, rng: random.Random, *, poisonous: bool) -> None:
        self.f = fleet
        self.rng = rng
        self.workers = list(fleet.workers)
        self.leaving: list[asyncio.Task[None]] = []
        self.texts = [*"abcdef", UNWELCOME, *([POISON] * poisonous)]
        self.deadly = {POISON} if poisonous else set()
        for worker in self.workers:
            self._settle(worker)

    def _settle(self, worker: ScriptedWorker) -> None:
        worker.deadly |= self.deadly
        worker.refused_texts.add(UNWELCOME)

    async def happen(self) -> None:
        worker = self.rng.choice(self.workers)
        happenings: list[Callable[[], None]] = [
            *(self._ask, self._ask, self._ask, self._cancel, self._add, self._remove),
            *(worker.crash, worker.restart, worker.restart, worker.pause, worker.resume, worker.cut),
            *(lambda: self._slow(worker), lambda: self._refuse(worker)),
        ]
        self.rng.choice(happenings)()
        self.balanced()
        await asyncio.sleep(self.rng.choice([0.0, 0.0, 0.005, 0.02, 0.3]))
        self.balanced()

    def _ask(self) -> None:
        self.f.ask(*self.rng.choices(self.texts, k=self.rng.randint(1, 8)))

    def _cancel(self) -> None:
        for task in self.rng.sample(self.f.asked, k=min(3, len(self.f.asked))):
            task.cancel()

    def _slow(self, worker: ScriptedWorker) -> None:
        worker.service_s = self.rng.choice([0.001, 0.01, 0.4, 2.0])

    def _refuse(self, worker: ScriptedWorker) -> None:
        worker.refuses = self.rng.choice([None, None, Cause.REFUSED, Cause.NOT_SERVING, Cause.NOT_SENT])

    def _add(self) -> None:
        if len(self.f.dispatcher.members) < 6:
            worker = ScriptedWorker()
            self._settle(worker)
            self.workers.append(worker)
            self.f.dispatcher.add_member(f"added{len(self.workers)}", worker)

    def _remove(self) -> None:
        stay = [member for member in self.f.dispatcher.members if member.state is not MemberState.LEAVING]
        if len(stay) > 1:
            self.leaving.append(asyncio.create_task(self.f.dispatcher.remove_member(self.rng.choice(stay))))

    def heal(self) -> None:
        for worker in self.workers:
            worker.restart()
            worker.refuses = None
            worker.service_s = 0.01

    def balanced(self) -> None:
        submitted, completed, failed, pending = self.f.books()
        assert submitted == completed + failed + pending
        dispatcher = self.f.dispatcher
        assert dispatcher.queue.bytes >= 0
        assert (dispatcher.queue.bytes == 0) == (len(dispatcher.queue) == 0)


@pytest.mark.parametrize("seed", range(100))
async def test_after_a_random_day_nobody_is_owed_anything(fleet: FleetMaker, seed: int) -> None:
    rng = random.Random(seed)
    count, poisonous = rng.randint(1, 4), rng.random() < 0.3
    async with fleet(count, **policy(rng)) as f:
        day = Day(f, rng, poisonous=poisonous)
        for _ in range(STEPS):
            await day.happen()
        while len(f.dispatcher.ledger):
            day.heal()  # again and again, for what is poisonous kills still
            await asyncio.sleep(0.5)
            day.balanced()
        await asyncio.gather(*day.leaving)
        await asyncio.sleep(20)
        for task, text in zip(f.asked, await asyncio.gather(*f.asked, return_exceptions=True), strict=True):
            allowed(task, text, poisonous=poisonous)
        dispatcher = f.dispatcher
        assert len(f.notes.ended) == dispatcher.ledger.submitted
        assert f.books()[3] == len(dispatcher.queue) == dispatcher.queue.bytes == 0
        assert [flight for member in dispatcher.members for flight in member.flights] == []
        attempts = [attempt for flight in f.notes.sent for attempt in flight.attempts]
        assert len(f.notes.attempts) == len(attempts)
        assert all(attempt.ended_at is not None for attempt in attempts)
        assert all(not flight.alarms for flight in f.notes.sent)
        # This test, and for each member its watcher and what the scripted worker does for a health check.
        assert len(asyncio.all_tasks()) <= 1 + 3 * len(dispatcher.members)
        day.heal()
        await asyncio.sleep(5)
        assert {member.state for member in dispatcher.members} <= {MemberState.UP, MemberState.TRIAL}
        assert await asyncio.wait_for(f.answers("afterwards"), timeout=1) == ["AFTERWARDS"]


def allowed(task: asyncio.Task[object], ended: object, *, poisonous: bool) -> None:
    """An answer, or an end that is somebody's fault."""
    if task.cancelled() or not isinstance(ended, BaseException):
        return
    assert isinstance(ended, NotAdmitted | DeadlinePassed | AttemptsExhausted | InputRefused | Poisonous), ended
    if isinstance(ended, InputRefused):
        assert ended.request.text == UNWELCOME
    if isinstance(ended, Poisonous):
        assert poisonous
        assert ended.request.text == POISON
    assert poisonous or not isinstance(ended, Quarantined)
