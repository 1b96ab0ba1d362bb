"""How a coordinator process ends: what was accepted is finished, or its client is told that it was not."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tests.coordinator.running import PATIENCE_S, RunningSystem, running_system


async def test_sigterm_finishes_what_was_accepted_and_exits_0(tmp_path: Path) -> None:
    async with running_system(tmp_path) as system:
        answers = [asyncio.create_task(system.infer(f"number {number}")) for number in range(30)]
        async with asyncio.timeout(PATIENCE_S):
            while (await system.status())["tasks_submitted"] < 30:
                await asyncio.sleep(0.005)
        await system.coordinator.terminate()
        assert {status for status, _ in await asyncio.gather(*answers)} == {200}
        state = await system.coordinator.wait(PATIENCE_S)
        assert state.code == 0
        (stopped,) = system.lines("stopped")
        assert (stopped["completed"], stopped["abandoned"]) == (30, 0)


async def asked_in_vain(alone: RunningSystem) -> asyncio.Task[tuple[int, dict[str, Any]]]:
    """A request to a coordinator without workers, once it waits there."""
    waiting = asyncio.create_task(alone.infer("waits for ever"))
    async with asyncio.timeout(PATIENCE_S):
        while (await alone.status())["queue_length"] == 0:
            await asyncio.sleep(0.01)
    return waiting


async def ended_saying_so(alone: RunningSystem, waiting: asyncio.Task[tuple[int, dict[str, Any]]]) -> None:
    status, failure = await waiting
    assert (status, failure["detail"]) == (500, "the coordinator stopped before there was an answer")
    assert (await alone.coordinator.wait(PATIENCE_S)).code == 0
    (line,) = alone.lines("request")
    assert (line["request_id"], line["error"]) == (failure["request_id"], failure["detail"])
    (stopped,) = alone.lines("stopped")
    assert (stopped["completed"], stopped["failed"], stopped["abandoned"]) == (0, 1, 1)


async def test_a_drain_ends_at_its_bound_and_tells_the_clients(tmp_path: Path) -> None:
    async with running_system(tmp_path, workers=0, WORKER_TIMEOUT="60", DRAIN_TIMEOUT="0.1") as alone:
        waiting = await asked_in_vain(alone)
        await alone.coordinator.terminate()
        await ended_saying_so(alone, waiting)


async def test_a_second_sigterm_does_not_wait_for_the_drain(tmp_path: Path) -> None:
    async with running_system(tmp_path, workers=0, WORKER_TIMEOUT="60", DRAIN_TIMEOUT="60") as alone:
        waiting = await asked_in_vain(alone)
        await alone.coordinator.terminate()
        async with asyncio.timeout(PATIENCE_S):
            while not alone.lines("draining"):
                await asyncio.sleep(0.01)
        await alone.coordinator.terminate()
        await ended_saying_so(alone, waiting)


async def test_a_client_that_stalls_in_its_body_is_refused_and_holds_nothing_up(tmp_path: Path) -> None:
    async with running_system(tmp_path, DRAIN_TIMEOUT="600") as system:
        async with asyncio.timeout(PATIENCE_S):
            reader, writer = await asyncio.open_connection(*system.url.removeprefix("http://").split(":"))
            head = b"POST /infer HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\nExpect: 100-continue\r\n\r\n"
            writer.write(head + b'{"input":')
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"  # it is being read
            await system.coordinator.terminate()
            assert (await reader.read()).startswith(b"HTTP/1.1 503")
            writer.close()
        assert (await system.coordinator.wait(PATIENCE_S)).code == 0
        assert b'"level":"error"' not in system.coordinator.log.read_bytes()
