"""Promise 7: overload is refused at the door; a burst or an outage is not overload. Virtual time."""

from __future__ import annotations

import asyncio

import pytest

from system.coordinator.core.errors import DeadlinePassed, NotAdmitted, Overloaded, QueueFull, TooLate
from system.coordinator.core.request import Completed
from tests.coordinator.conftest import Fleet, FleetMaker

pytestmark = pytest.mark.looptime

CAPACITY = 3 * 3 / 0.1  # three workers, batches of three, 0.1 s


async def overload(f: Fleet, seconds: float, times: float) -> list[float]:
    """Send `times` the capacity and return when each request was sent."""
    sent_at = []
    rate = times * CAPACITY
    for step in range(int(seconds * rate)):
        f.ask(f"{step}")
        sent_at.append(asyncio.get_running_loop().time())
        await asyncio.sleep(1 / rate)
    return sent_at


async def test_at_three_times_its_capacity_it_answers_what_it_can_in_time(fleet: FleetMaker) -> None:
    async with fleet(3, service_s=0.1) as f:
        await overload(f, 3, times=0.5)
        completed = f.dispatcher.ledger.completed
        await overload(f, 20, times=3)
        assert (f.dispatcher.ledger.completed - completed) / 20 >= 0.9 * CAPACITY
        outcomes = await asyncio.gather(*f.asked, return_exceptions=True)
        assert not any(isinstance(outcome, DeadlinePassed) for outcome in outcomes)
        refused = [outcome for outcome in outcomes if isinstance(outcome, NotAdmitted)]
        assert all(1 <= refusal.retry_after_s <= 60 for refusal in refused)
        assert sum(isinstance(outcome, Completed) for outcome in outcomes) + len(refused) == len(outcomes)
        assert f.dispatcher.ledger.refused == len(refused)
        latencies = sorted(entry.latency_ms for entry in f.dispatcher.ledger.recent(2000))
        assert latencies[int(0.99 * len(latencies))] <= 15_000


async def test_latency_is_normal_within_two_seconds_after_an_overload(fleet: FleetMaker) -> None:
    async with fleet(3, service_s=0.1) as f:
        await overload(f, 20, times=3)
        await asyncio.sleep(2)
        began = asyncio.get_running_loop().time()
        await f.ask("after")[0]
        assert asyncio.get_running_loop().time() - began < 0.25


async def test_a_burst_is_not_an_overload(fleet: FleetMaker) -> None:
    async with fleet(3, service_s=0.1) as f:
        await overload(f, 3, times=0.5)
        await asyncio.gather(*f.ask(*(f"burst{number}" for number in range(400))))
        assert f.dispatcher.ledger.refused == 0


async def test_a_burst_after_small_batches_is_not_refused_for_what_they_cost_each(fleet: FleetMaker) -> None:
    """A batch of eight takes as long as one of one: 0.5 s; a full one answers sixteen in a second, not two."""
    async with fleet(1, service_s=0.5, batch_size=8) as f:
        for number in range(10):
            await f.ask(f"small{number}")[0]
        await asyncio.gather(*f.ask(*(f"burst{number}" for number in range(100))))
        assert f.dispatcher.ledger.refused == 0


async def test_the_queue_that_an_outage_leaves_is_not_an_overload(fleet: FleetMaker) -> None:
    async with fleet(3, service_s=0.1) as f:
        await overload(f, 3, times=0.7)
        for worker in f.workers:
            worker.crash()
        await overload(f, 5.5, times=0.7)
        for worker in f.workers:
            worker.restart()
            await overload(f, 0.5, times=0.7)
        await overload(f, 10, times=0.7)
        await asyncio.gather(*f.asked)
        assert f.dispatcher.ledger.refused == 0


async def test_the_queue_is_bounded_by_number(fleet: FleetMaker) -> None:
    async with fleet(1, queue_limit=2) as f:
        f.workers[0].crash()
        await asyncio.sleep(1)
        asked = f.ask("a", "b", "c")
        with pytest.raises(QueueFull, match="2 requests are waiting"):
            await asked[2]
        assert f.books() == (2, 0, 0, 2)
        f.workers[0].restart()
        assert len(await asyncio.gather(*asked[:2])) == 2


async def test_the_queue_is_bounded_by_bytes_and_gives_them_back(fleet: FleetMaker) -> None:
    async with fleet(1, queue_bytes=1000) as f:
        f.workers[0].crash()
        await asyncio.sleep(1)
        first, second, third = f.ask("ä" * 300, "b" * 300, "c" * 200)
        with pytest.raises(QueueFull, match="900 bytes are waiting"):
            await third
        second.cancel()
        await asyncio.sleep(0)
        (fourth,) = f.ask("d" * 300)
        f.workers[0].restart()
        assert len(await asyncio.gather(first, fourth)) == 2
        assert f.dispatcher.queue.bytes == 0


async def test_what_cannot_meet_its_own_deadline_is_refused_early(fleet: FleetMaker) -> None:
    async with fleet(1, service_s=0.1, batch_size=1) as f:
        await f.ask("learn")[0]
        patient = f.ask(*(f"{number}" for number in range(50)))
        await asyncio.sleep(0)
        with pytest.raises(TooLate, match="longer than its 2 s"):
            await f.dispatcher.infer("hasty", timeout_s=2.0)
        assert len(await asyncio.gather(*patient)) == 50


async def test_a_client_may_be_less_patient_than_the_policy_but_not_more(fleet: FleetMaker) -> None:
    loop = asyncio.get_running_loop()
    async with fleet(1) as f:
        f.workers[0].crash()
        for timeout_s, expected_s in ((0.5, 0.5), (100.0, 15.0), (None, 15.0)):
            began = loop.time()
            with pytest.raises(DeadlinePassed):
                await f.dispatcher.infer("a", timeout_s=timeout_s)
            assert loop.time() - began == pytest.approx(expected_s)


async def test_each_item_carries_the_time_that_is_left_of_its_own_deadline(fleet: FleetMaker) -> None:
    async with fleet(1) as f:
        f.workers[0].crash()
        asked = [asyncio.create_task(f.dispatcher.infer("a", timeout_s=limit)) for limit in (5.0, 9.0)]
        await asyncio.sleep(1.0)
        f.workers[0].restart()
        await asyncio.gather(*asked)
        short, long = f.workers[0].items[-1]
        assert 3.0 < short.timeout_s < 4.0
        assert long.timeout_s - short.timeout_s == pytest.approx(4.0)


async def test_refusals_are_told_to_the_listener(fleet: FleetMaker) -> None:
    async with fleet(1, queue_limit=1) as f:
        f.workers[0].crash()
        await asyncio.sleep(1)
        f.ask("a", "b")
        await asyncio.sleep(0)
        assert [type(refusal) for refusal in f.notes.refused] == [QueueFull]


def test_overload_says_how_long_the_wait_would_be() -> None:
    assert str(Overloaded(2.34, 2)) == "overloaded: a request would wait for 2.3 s"
