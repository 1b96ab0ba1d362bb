"""What takes longer than usual: overdue batches, hedges, calls that nobody waits for. Virtual time."""

from __future__ import annotations

import asyncio

import pytest

from system.coordinator.core.flight import Release
from system.coordinator.core.worker import Cause
from tests.coordinator.conftest import Fleet, FleetMaker

pytestmark = pytest.mark.looptime


async def learn(f: Fleet, batches: int = 60) -> None:
    """Let it see what is usual."""
    for number in range(batches):
        f.ask(f"usual{number}")
        await asyncio.sleep(0.02)
    await asyncio.gather(*f.asked)


async def test_a_silent_worker_costs_its_requests_less_than_a_second(fleet: FleetMaker) -> None:
    async with fleet(3) as f:
        await learn(f)
        for worker in f.workers[:2]:
            worker.pause()
        began = asyncio.get_running_loop().time()
        await asyncio.gather(*f.ask(*(f"{number}" for number in range(9))))
        assert asyncio.get_running_loop().time() - began < 1.0


async def test_a_worker_that_answers_health_checks_but_no_batches_is_noticed_as_quickly(fleet: FleetMaker) -> None:
    async with fleet(3) as f:
        await learn(f)
        f.workers[0].service_s = 1000.0
        began = asyncio.get_running_loop().time()
        await asyncio.gather(*f.ask(*(f"{number}" for number in range(9))))
        assert asyncio.get_running_loop().time() - began < 1.0
        overdue = [attempt for attempt in f.notes.attempts if attempt.cause is Cause.TOO_SLOW]
        assert {attempt.worker for attempt in overdue} == {"worker1"}


async def test_what_is_usual_is_learnt(fleet: FleetMaker) -> None:
    """Batches of 0.6 s are not overdue after 0.75 s where they always take as long."""
    async with fleet(3, service_s=0.6) as f:
        for number in range(20):
            f.ask(f"{number}")
            await asyncio.sleep(0.3)
        await asyncio.gather(*f.asked)
        f.workers[0].service_s = 1.5
        await asyncio.gather(*f.ask("a", "b", "c"))
        assert f.dispatcher.ledger.retried == 0


async def test_the_last_worker_is_given_its_whole_time(fleet: FleetMaker) -> None:
    async with fleet(1) as f:
        await learn(f)
        f.workers[0].service_s = 2.0
        assert (await f.ask("a")[0]).retries == 0


async def test_a_late_answer_that_comes_first_counts_and_is_counted_once(fleet: FleetMaker) -> None:
    async with fleet(2, batch_size=1) as f:
        await learn(f)
        f.workers[0].pause()
        f.workers[1].service_s = 0.7
        asked = f.ask("a", "b")
        await asyncio.sleep(0.8)  # worker1 is silent by now, and worker2 busy with both
        f.workers[0].resume()
        answers = await asyncio.gather(*asked)
        assert answers[0].worker == "worker1"
        await asyncio.sleep(3)
        submitted, completed, failed, pending = f.books()
        assert (submitted, failed, pending) == (completed, 0, 0)


async def test_hedging_is_off_by_default(fleet: FleetMaker) -> None:
    async with fleet(2) as f:
        await learn(f)
        f.workers[0].service_s = 0.5
        await asyncio.gather(*f.ask("a", "b"))
        assert f.dispatcher.ledger.hedged == 0


async def test_a_hedge_is_answered_by_the_quicker_worker_and_the_slower_call_is_cancelled(fleet: FleetMaker) -> None:
    async with fleet(2, hedge_after=0.95) as f:
        await learn(f)
        for worker in f.workers:
            worker.answered.clear()
        slow, quick = f.workers if f.dispatcher._roster.idle()[0].id == "worker1" else reversed(f.workers)
        slow.service_s = 0.5
        began = asyncio.get_running_loop().time()
        answer = await f.ask("a")[0]
        assert asyncio.get_running_loop().time() - began < 0.1
        assert answer.retries == 0
        assert f.dispatcher.ledger.hedged == 1
        assert f.dispatcher.ledger.retried == 0
        assert f.notes.sent[-1].released is Release.HEDGE
        await asyncio.sleep(1)
        assert (slow.answered, quick.answered) == ([], ["a"])
        assert [attempt.cause for attempt in f.notes.attempts[-2:]] == [None, Cause.OVERTAKEN]


async def test_a_hedge_waits_for_an_idle_worker(fleet: FleetMaker) -> None:
    async with fleet(2, hedge_after=0.95, batch_size=1) as f:
        await learn(f)
        f.workers[0].service_s, f.workers[1].service_s = 0.6, 0.2
        asked = f.ask("a", "b")
        began = asyncio.get_running_loop().time()
        await asyncio.gather(*asked)
        assert asyncio.get_running_loop().time() - began == pytest.approx(0.4, abs=0.05)


async def test_a_hedge_that_fails_costs_the_first_attempt_nothing(fleet: FleetMaker) -> None:
    async with fleet(2, hedge_after=0.95) as f:
        await learn(f)
        slow, quick = f.workers if f.dispatcher._roster.idle()[0].id == "worker1" else reversed(f.workers)
        slow.service_s = 0.5
        quick.refuses = Cause.REFUSED
        answer = await f.ask("a")[0]
        assert answer.retries == 0
        assert slow.answered[-1] == "a"


async def test_hedges_are_paid_from_the_retry_budget(fleet: FleetMaker) -> None:
    async with fleet(2, hedge_after=0.5, retry_budget=0.05) as f:
        await learn(f)
        before = f.dispatcher.ledger.submitted
        for worker in f.workers:
            worker.service_s = 0.03
        for number in range(1000):
            f.ask(f"{number}")
            await asyncio.sleep(0.02)
            f.workers[number % 2].service_s = 0.2 if number % 4 else 0.02
        sent = f.dispatcher.ledger.submitted - before
        assert 0 < f.dispatcher.ledger.hedged <= 100 + 0.05 * sent + 10 * 20 + 3


async def test_a_call_whose_clients_have_all_gone_is_cancelled_and_its_worker_free(fleet: FleetMaker) -> None:
    async with fleet(1, service_s=2.0, batch_size=2) as f:
        first, second = f.ask("a", "b")
        await asyncio.sleep(0.1)
        first.cancel()
        await asyncio.sleep(0.1)
        assert len(f.dispatcher.members[0].flights) == 1  # somebody waits for the other
        second.cancel()
        await asyncio.sleep(0.1)
        assert not f.dispatcher.members[0].flights
        assert {attempt.cause for attempt in f.notes.attempts} == {Cause.NOBODY_WAITS}
        assert not f.workers[0].answered
