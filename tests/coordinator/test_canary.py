"""What readiness is concluded from, in virtual time."""

from __future__ import annotations

import asyncio

import pytest

from system.coordinator.core.canary import TEXT, Canary
from system.coordinator.core.worker import Cause
from tests.coordinator.conftest import Fleet, FleetMaker

pytestmark = pytest.mark.looptime


def canary_of(f: Fleet, ttl_s: float = 1.0) -> Canary:
    return Canary(f.dispatcher, ttl_s, asyncio.get_running_loop().time)


async def test_an_idle_fleet_is_ready_because_a_canary_came_back_and_no_book_knows_of_it(fleet: FleetMaker) -> None:
    async with fleet(2) as f:
        assert await canary_of(f).complaint() is None
        assert [worker.batches for worker in f.workers] == [[[TEXT]], []]
        assert f.books() == (0, 0, 0, 0)


async def test_however_many_ask_one_canary_flies_and_what_came_of_it_holds_for_a_while(fleet: FleetMaker) -> None:
    async with fleet(1, service_s=0.2) as f:
        canary = canary_of(f)
        assert await asyncio.gather(*(canary.complaint() for _ in range(20))) == [None] * 20
        assert len(f.workers[0].batches) == 1
        await asyncio.sleep(0.9)
        await canary.complaint()
        assert len(f.workers[0].batches) == 1
        await asyncio.sleep(0.2)
        await canary.complaint()
        assert len(f.workers[0].batches) == 2


async def test_an_answer_to_real_traffic_spares_the_canary(fleet: FleetMaker) -> None:
    async with fleet(1) as f:
        now = 0.0  # the fleet's own wall clock stands still
        canary = Canary(f.dispatcher, 1.0, lambda: now)
        await f.answers("a")
        assert await canary.complaint() is None
        assert f.workers[0].batches == [["a"]]
        now = 1.5
        assert await canary.complaint() is None
        assert f.workers[0].batches == [["a"], [TEXT]]


async def test_a_worker_that_answers_health_checks_and_nothing_else_is_not_ready(fleet: FleetMaker) -> None:
    async with fleet(2) as f:
        for worker in f.workers:
            worker.refuses = Cause.REFUSED
        reason = await canary_of(f).complaint()
        assert reason == "no worker answers: worker1: refused: as scripted, worker2: refused: as scripted"


async def test_one_worker_that_answers_is_enough(fleet: FleetMaker) -> None:
    async with fleet(2) as f:
        f.workers[0].refuses = Cause.REFUSED
        assert await canary_of(f).complaint() is None
        assert f.workers[1].batches == [[TEXT]]


async def test_a_worker_that_takes_the_canary_and_says_nothing_is_named_in_time(fleet: FleetMaker) -> None:
    async with fleet(1, service_s=60.0, worker_timeout=2.0) as f:
        began = asyncio.get_running_loop().time()
        assert "worker1: too_slow" in (await canary_of(f).complaint() or "")
        assert asyncio.get_running_loop().time() - began == pytest.approx(2.0)


async def test_when_all_are_down_each_is_named_and_nothing_flies(fleet: FleetMaker) -> None:
    async with fleet(2) as f:
        for worker in f.workers:
            worker.crash()
        await asyncio.sleep(1.0)
        reason = await canary_of(f).complaint()
        assert reason == "no healthy worker: worker1 is down, worker2 is down"


async def test_who_drains_is_not_ready(fleet: FleetMaker) -> None:
    async with fleet(1) as f:
        f.dispatcher.drain()
        assert await canary_of(f).complaint() == "shutting down"
        assert f.workers[0].batches == []


async def test_a_poll_that_is_given_up_leaves_the_next_one_its_canary(fleet: FleetMaker) -> None:
    async with fleet(1, service_s=1.0) as f:
        canary = canary_of(f)
        given_up = asyncio.create_task(canary.complaint())
        await asyncio.sleep(0.5)
        given_up.cancel()
        assert await canary.complaint() is None
