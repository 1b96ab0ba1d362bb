"""Requests that nobody can take just now, in virtual time."""

from __future__ import annotations

import asyncio

import pytest

from system.coordinator.core.errors import DeadlinePassed
from tests.coordinator.conftest import FleetMaker

pytestmark = pytest.mark.looptime


async def test_an_old_request_that_nobody_may_take_yet_costs_no_turns_of_the_loop(fleet: FleetMaker) -> None:
    """Virtual time stands still in a loop that spins: where this goes wrong, it ends by the test's time limit."""
    async with fleet(2, service_s=1.0, batch_size=1) as f:
        asked = f.ask("a", "b", "c", "d")
        await asyncio.sleep(0.1)
        f.workers[0].crash()  # "a" and "c" were lost there: each now waits until worker2 has nothing else to do
        f.workers[0].restart()
        await asyncio.sleep(0.5)
        asked += f.ask("e")
        await asyncio.sleep(1.2)
        asked += f.ask("f")  # worker1 computes it and could hold another batch, but none that waits
        await asyncio.sleep(0.1)
        assert f.workers[0].batches[2:] == [["e"], ["f"]]
        assert len(f.dispatcher.queue) == 2
        assert [(await task).answer.output for task in asked] == list("ABCDEF")


async def test_a_worker_is_not_blamed_for_a_deadline_that_was_near(fleet: FleetMaker) -> None:
    async with fleet(1, service_s=1.0, worker_timeout=2.0) as f:
        f.workers[0].crash()
        near = f.ask("a", "b", "c")
        await asyncio.sleep(9.3)
        later = f.ask("d")
        f.workers[0].restart()
        for task in near:
            with pytest.raises(DeadlinePassed):
                await task
        assert (await later[0]).retries == 0
        assert f.workers[0].batches == [["a", "b", "c"], ["a", "b", "c"], ["d"]]
        assert [move for move in f.notes.moves if move[2] == "down"] == [("worker1", "up", "down")]
        assert f.books() == (4, 1, 3, 0)


async def test_a_client_that_leaves_in_the_turn_in_which_its_batch_would_leave_takes_no_worker_with_it(
    fleet: FleetMaker,
) -> None:
    async with fleet(1) as f:
        (asked,) = f.ask("a")
        await asyncio.sleep(0)  # it is admitted; its batch is made in the next turn of the loop
        asked.cancel()
        await asyncio.sleep(0.001)
        assert [len(flight.requests) for flight in f.notes.sent] == [1]
        assert f.workers[0].batches == []
        assert f.dispatcher.members[0].flights == []
        assert f.books() == (1, 0, 1, 0)
        await asyncio.wait_for(f.answers("b"), timeout=0.1)
