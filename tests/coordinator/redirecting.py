"""A worker that dies with a request in its hands, for certain."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from tests.coordinator.running import PATIENCE_S, RunningSystem

Reply = dict[str, Any]


async def across_a_kill(system: RunningSystem, ask: Callable[[int], Coroutine[None, None, Reply]]) -> list[Reply]:
    """What two requests are answered, `ask(0)` and `ask(1)`, one of which was at the first of two workers when that was
    killed. The coordinator must be too patient to redirect it before, by HEARTBEAT_TIMEOUT.
    """
    async with asyncio.timeout(PATIENCE_S):
        while not all(worker["alive"] for worker in (await system.status())["workers"]):
            await asyncio.sleep(0.01)
    doomed = system.workers[0]
    await doomed.pause()
    # Two that come together are shared by two idle workers.
    calls = [asyncio.create_task(ask(number)) for number in range(2)]
    async with asyncio.timeout(PATIENCE_S):
        while not (await system.status())["workers"][0]["in_flight"]:
            await asyncio.sleep(0.01)
    await doomed.kill()
    return await asyncio.gather(*calls)
