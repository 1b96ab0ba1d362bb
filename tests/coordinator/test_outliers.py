"""Ejection by what real traffic meets, and the way back: half-open, then full load. Virtual time."""

from __future__ import annotations

import asyncio

import pytest

from system.coordinator.core.member import MemberState
from system.coordinator.core.worker import Cause
from tests.coordinator.conftest import Fleet, FleetMaker

pytestmark = pytest.mark.looptime


async def load(f: Fleet, seconds: float, rate: float = 50.0) -> None:
    for step in range(int(seconds * rate)):
        f.ask(f"{step}")
        await asyncio.sleep(1 / rate)


def reasons(f: Fleet, state: str) -> list[tuple[str, str]]:
    return [(worker, before) for worker, before, after in f.notes.moves if after == state]


async def test_a_worker_that_fails_half_of_its_batches_is_ejected_and_comes_back_by_one_trial(
    fleet: FleetMaker,
) -> None:
    async with fleet(3) as f:
        f.workers[0].refuses_share = 0.6
        await load(f, 4)
        assert ("worker1", "up") in reasons(f, "ejected")
        f.workers[0].refuses_share = 0
        await load(f, 12)
        assert f.state_of(0) is MemberState.UP
        await asyncio.gather(*f.asked)
        assert f.dispatcher.ledger.failed == 0


async def test_a_worker_that_fails_fast_does_not_attract_the_traffic(fleet: FleetMaker) -> None:
    """Black hole: it is always idle because it fails at once, so a least-loaded choice would send it everything."""
    async with fleet(3, service_s=0.05) as f:
        f.workers[0].refuses = Cause.REFUSED
        await load(f, 10, rate=30)
        assert len(f.workers[0].batches) <= 15
        await asyncio.gather(*f.asked)
        assert f.dispatcher.ledger.failed == 0


async def test_a_worker_much_slower_than_the_others_is_ejected_and_returns_when_it_is_not(fleet: FleetMaker) -> None:
    async with fleet(3) as f:
        f.workers[2].service_s = 0.4
        await load(f, 6)
        assert ("worker3", "up") in reasons(f, "ejected")
        f.workers[2].service_s = 0.01
        await load(f, 15)
        assert f.state_of(2) is MemberState.UP
        served = f.dispatcher.members[2].tasks_processed
        await load(f, 1)
        assert f.dispatcher.members[2].tasks_processed > served


async def test_workers_that_are_all_slow_are_nobodys_outliers(fleet: FleetMaker) -> None:
    async with fleet(3, service_s=0.4) as f:
        await load(f, 5, rate=5)
        assert not reasons(f, "ejected")


@pytest.mark.parametrize("workers", [1, 2, 3, 4])
async def test_never_more_than_half_are_ejected(fleet: FleetMaker, workers: int) -> None:
    async with fleet(workers, max_attempts=100) as f:
        for worker in f.workers:
            worker.refuses_share = 0.7
        for _ in range(100):
            await load(f, 0.1)
            assert sum(member.state is MemberState.EJECTED for member in f.dispatcher.members) * 2 <= workers


async def test_an_ejected_worker_is_called_back_when_nobody_else_serves(fleet: FleetMaker) -> None:
    async with fleet(2, eject_time=1000.0) as f:
        f.workers[0].refuses_share = 0.6
        await load(f, 4)
        assert f.state_of(0) is MemberState.EJECTED
        f.workers[0].refuses_share = 0
        f.workers[1].crash()
        asked = f.ask("now")
        assert (await asked[0]).worker == "worker1"


async def test_a_new_process_is_not_held_responsible_for_the_old_one(fleet: FleetMaker) -> None:
    async with fleet(3, eject_time=1000.0) as f:
        f.workers[0].refuses_share = 0.6
        await load(f, 4)
        assert f.state_of(0) is MemberState.EJECTED
        f.workers[0].refuses_share = 0
        f.workers[0].crash()
        f.workers[0].restart()
        await load(f, 2)
        assert f.state_of(0) is MemberState.UP


async def test_ejection_can_be_switched_off(fleet: FleetMaker) -> None:
    async with fleet(3, eject_error_rate=0, eject_slowness=0) as f:
        f.workers[0].refuses_share = 0.6
        f.workers[1].service_s = 0.4
        await load(f, 5)
        assert not reasons(f, "ejected")
