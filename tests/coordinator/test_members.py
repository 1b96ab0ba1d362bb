"""Workers that come and go while requests are served. Virtual time."""

from __future__ import annotations

import asyncio

import pytest

from system.coordinator.core.member import MemberState
from tests.coordinator.conftest import FleetMaker
from tests.coordinator.scripted import ScriptedWorker

pytestmark = pytest.mark.looptime


async def test_a_worker_that_is_added_serves_once_it_was_heard_of(fleet: FleetMaker) -> None:
    async with fleet(1, service_s=1.0, batch_size=1) as f:
        asked = f.ask("a", "b", "c")
        await asyncio.sleep(0.1)
        f.dispatcher.add_member("worker2", ScriptedWorker())
        assert {(await task).worker for task in asked} == {"worker1", "worker2"}


async def test_two_members_cannot_have_one_name(fleet: FleetMaker) -> None:
    async with fleet(1) as f:
        with pytest.raises(ValueError, match="worker1"):
            f.dispatcher.add_member("worker1", ScriptedWorker())


async def test_a_worker_that_is_removed_finishes_what_it_has_and_gets_no_more(fleet: FleetMaker) -> None:
    async with fleet(2, service_s=1.0, batch_size=1) as f:
        asked = f.ask("a", "b", "c", "d")
        await asyncio.sleep(0.1)
        await f.dispatcher.remove_member(f.dispatcher.members[0])
        assert f.workers[0].answered == ["a", "c"]
        assert [member.id for member in f.dispatcher.members] == ["worker2"]
        asked += f.ask("e", "f")
        assert len(await asyncio.gather(*asked)) == 6
        assert len(f.workers[0].batches) == 2
        assert f.dispatcher.ledger.retried == 0


async def test_a_worker_that_dies_while_it_leaves_loses_nothing(fleet: FleetMaker) -> None:
    async with fleet(2, service_s=1.0) as f:
        asked = f.ask("a", "b")
        await asyncio.sleep(0.1)
        removal = asyncio.create_task(f.dispatcher.remove_member(f.dispatcher.members[0]))
        await asyncio.sleep(0.1)
        f.workers[0].crash()
        await removal
        assert [(await task).worker for task in asked] == ["worker2", "worker2"]


async def test_requests_wait_for_a_worker_to_be_added_when_there_is_none(fleet: FleetMaker) -> None:
    async with fleet(1) as f:
        await f.dispatcher.remove_member(f.dispatcher.members[0])
        (asked,) = f.ask("a")
        await asyncio.sleep(3)
        f.dispatcher.add_member("new", ScriptedWorker())
        assert (await asked).worker == "new"


async def test_every_turn_is_taken_when_members_change(fleet: FleetMaker) -> None:
    async with fleet(4) as f:
        for number in range(10):
            await f.ask(f"{number}")[0]
            if number == 3:
                await f.dispatcher.remove_member(f.dispatcher.members[1])
            if number == 6:
                await f.dispatcher.remove_member(f.dispatcher.members[2])
        assert all(len(worker.batches) >= 1 for worker in f.workers)


async def test_another_process_under_the_same_name_is_noticed(fleet: FleetMaker) -> None:
    async with fleet(1) as f:
        f.workers[0].instance = "second"
        await asyncio.sleep(0.5)
        assert f.notes.moves == [("worker1", "up", "up")]
        assert f.notes.reasons == ["it is another process now"]
        f.workers[0].crash()
        await asyncio.sleep(0.5)
        f.workers[0].restart()
        await asyncio.sleep(2)
        assert f.notes.reasons[-1] == "healthy again, as another process"
        assert f.state_of(0) is MemberState.TRIAL


async def test_a_removal_that_is_cancelled_loses_nothing_and_happens(fleet: FleetMaker) -> None:
    async with fleet(2, service_s=0.5) as f:
        asked = f.ask("a", "b")
        await asyncio.sleep(0.1)
        removal = asyncio.create_task(f.dispatcher.remove_member(f.dispatcher.members[0]))
        await asyncio.sleep(0.1)
        removal.cancel()
        assert [(await task).answer.output for task in asked] == ["A", "B"]
        await asyncio.sleep(0.1)
        assert [member.id for member in f.dispatcher.members] == ["worker2"]
