"""Requests that nobody can take just now, in virtual time."""

from __future__ import annotations

import asyncio

import pytest

from tests.coordinator.conftest import FleetMaker

pytestmark = pytest.mark.looptime


async def test_an_old_request_that_nobody_may_take_yet_costs_no_turns_of_the_loop(fleet: FleetMaker) -> None:
    """Virtual time stands still in a loop that spins: where this goes wrong, it ends by the test's time limit."""
    async with fleet(2, service_s=1.0, batch_size=1) as f:
        asked = f.ask("a", "b", "c", "d")
        await asyncio.sleep(0.1)
        f.workers[0].crash()  # "a" and "c" failed there and now wait for worker2, which has two batches already
        f.workers[0].restart()
        await asyncio.sleep(0.5)
        asked += f.ask("e")
        await asyncio.sleep(1.2)
        asked += f.ask("f")  # worker1 computes it and could hold another batch, but not the one that waits
        await asyncio.sleep(0.1)
        assert f.workers[0].batches[2:] == [["e"], ["f"]]
        assert len(f.dispatcher.queue) == 1
        assert [(await task).answer.output for task in asked] == list("ABCDEF")
