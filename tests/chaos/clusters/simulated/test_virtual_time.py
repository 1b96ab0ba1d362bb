"""The loop whose clock jumps, and the processes whose code runs in it."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from chaos.clusters.simulated.log import Log
from chaos.clusters.simulated.loop import TimeStandsStill, VirtualLoop
from chaos.clusters.simulated.process import Process
from chaos.clusters.simulated.virtual_time import SimulationSlipped, in_virtual_time, run

HOUR_S = 3600.0


def now() -> float:
    return asyncio.get_running_loop().time()


def started(main: Callable[[Process], Awaitable[int]], log: Log | None = None) -> Process:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    process = Process(loop, "node", 1, log or Log("node", {}), lambda _: None)

    async def program(process: Process) -> int:
        return await main(process)

    process.start(program)
    return process


def test_an_hour_takes_no_time() -> None:
    async def sleep() -> float:
        await asyncio.sleep(HOUR_S)
        return now()

    began = time.process_time()
    assert run(sleep()) == HOUR_S
    assert time.process_time() - began < 1


def test_what_is_due_at_the_same_moment_runs_in_the_order_of_asking() -> None:
    ran: list[int] = []

    async def ask() -> None:
        loop = asyncio.get_running_loop()
        for number in range(100):
            loop.call_at(1.0, ran.append, number)
        await asyncio.sleep(2)

    run(ask())
    assert ran == list(range(100))


def test_waiting_for_what_can_never_come_is_told() -> None:
    async def wait() -> None:
        await asyncio.sleep(1)
        await asyncio.get_running_loop().create_future()

    with pytest.raises(TimeStandsStill, match=r"at 1\.000000 s everything waits"):
        run(wait())


def test_what_nobody_handles_is_told() -> None:
    async def slip() -> None:
        asyncio.get_running_loop().call_soon(divmod, 1, 0)
        await asyncio.sleep(1)

    with pytest.raises(SimulationSlipped, match="ZeroDivisionError"):
        run(slip())


def test_a_paused_process_finds_what_arrived_first_and_then_its_timers() -> None:
    found: list[tuple[str, float]] = []

    async def ticks(_: Process) -> int:
        await asyncio.sleep(1)
        found.append(("timer", now()))
        return 0

    async def pause() -> None:
        process = started(ticks)
        await asyncio.sleep(0.5)
        process.pause()
        process.loop.arrive_at(2.0, process, lambda what: found.append((what, now())), "arrival")
        await asyncio.sleep(4.5)
        assert found == []
        process.resume()
        await asyncio.sleep(1)

    run(pause())
    assert found == [("arrival", 5.0), ("timer", 5.0)]


@pytest.mark.parametrize("paused", [False, True])
def test_a_killed_process_unwinds_unheard(paused: bool) -> None:
    log, unwound = Log("node", {}), []

    async def works(process: Process) -> int:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(asyncio.sleep(10))
        finally:
            process.log("too late")
            unwound.append(now())
        return 0

    async def kill() -> None:
        process = started(works, log)
        await asyncio.sleep(1)
        if paused:
            process.pause()
        await asyncio.sleep(1)
        process.kill()
        await asyncio.sleep(1)
        assert process.ended_by == "SIGKILL"

    run(kill())
    assert unwound == [2.0]
    assert list(log) == []


async def test_a_run_is_over_when_whoever_waits_for_it_is_cancelled() -> None:
    begun = asyncio.Event()
    here = asyncio.get_running_loop()

    async def without_end() -> None:
        here.call_soon_threadsafe(begun.set)
        while True:
            await asyncio.sleep(1)

    async with asyncio.timeout(60):
        running = asyncio.create_task(in_virtual_time(without_end()))
        await begun.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
