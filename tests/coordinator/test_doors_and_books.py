"""What is let in and what is refused, and the books that are kept of both; in virtual time."""

from __future__ import annotations

import asyncio

import pytest

from system.coordinator.core.errors import Draining, InputRefused
from tests.coordinator.conftest import FleetMaker

pytestmark = pytest.mark.looptime


async def test_an_input_that_two_workers_refuse_fails_alone(fleet: FleetMaker) -> None:
    async with fleet(2) as f:
        for worker in f.workers:
            worker.refused_texts.add("bad")
        bad, *good = f.ask("bad", "a", "b")
        assert [(await task).answer.output for task in good] == ["A", "B"]
        with pytest.raises(InputRefused, match="as scripted"):
            await bad
        assert f.books() == (3, 2, 1, 0)
        assert all(member.alive for member in f.dispatcher.members)


async def test_a_draining_coordinator_admits_nothing_and_finishes_what_it_has(fleet: FleetMaker) -> None:
    async with fleet(1, service_s=1.0) as f:
        (asked,) = f.ask("a")
        await asyncio.sleep(0.5)
        f.dispatcher.drain()
        with pytest.raises(Draining):
            await f.dispatcher.infer("b")
        assert (await asked).answer.output == "A"


async def test_a_client_that_goes_away_leaves_the_queue_and_its_batch_mates_alone(fleet: FleetMaker) -> None:
    async with fleet(1, service_s=1.0, batch_size=2) as f:
        first, second, waiting = f.ask("a", "b", "c")
        await asyncio.sleep(0.1)
        first.cancel()
        waiting.cancel()
        assert (await second).answer.output == "B"
        await asyncio.sleep(3)
        assert f.workers[0].batches == [["a", "b"]]
        assert f.books() == (3, 1, 2, 0)


async def test_the_books_balance_at_every_step_of_a_bad_day(fleet: FleetMaker) -> None:
    # Somebody is killed every 0.12 s, most of them with a batch in hand: no bound on attempts or deaths would hold.
    async with fleet(3, service_s=0.05, max_attempts=100, poison_kills=100) as f:
        for step in range(200):
            f.ask(f"{step}-1", f"{step}-2")
            worker = f.workers[step % 3]
            (worker.crash, worker.restart, worker.pause, worker.resume)[step % 4]()
            await asyncio.sleep(0.03)
            submitted, completed, failed, pending = f.books()
            assert submitted == completed + failed + pending
        for worker in f.workers:
            worker.restart()
        await asyncio.gather(*f.asked)
        assert f.books() == (400, 400, 0, 0)


async def test_leaving_ends_every_task_even_with_calls_open(fleet: FleetMaker) -> None:
    before = len(asyncio.all_tasks())
    async with fleet(2, service_s=1000.0) as f:
        f.ask("a", "b", "c")
        await asyncio.sleep(0.1)
        assert len(asyncio.all_tasks()) > before
    assert len(asyncio.all_tasks()) == before
