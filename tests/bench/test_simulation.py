"""How many simulated schedules a minute this machine runs and judges, and what virtual time costs by itself."""

import asyncio
import gc
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from random import Random
from threading import Barrier
from typing import Final

import looptime
import pytest

from chaos.bundled import bundled
from chaos.clusters.simulated.loop import VirtualLoop
from chaos.clusters.simulated.simulate import simulate
from chaos.clusters.simulated.virtual_time import COLLECT_AFTER
from chaos.faults import blackhole, crash, latency, pause
from chaos.invariants import (
    answered_once,
    answers_correct,
    books_balance,
    faults_bit,
    goodput_at_least,
    load_on_time,
    no_loss,
    nodes_stay_up,
    recovers_within,
    retries_explained,
)
from chaos.workload import constant
from reports.verdict import Verdict

SCHEDULES: Final = 200
PROCESSES: Final = 2
LEAST_A_MINUTE: Final = 1000  # where two cores are all there for it
LOAD: Final = constant(rate=10, seconds=30)
JUDGES: Final = (
    *(no_loss(), answered_once(), answers_correct(), books_balance(), retries_explained(at_most=3)),
    *(goodput_at_least(0.8), recovers_within(seconds=5), faults_bit(), load_on_time(), nodes_stay_up()),
)


def judged(seed: int) -> tuple[Verdict, float]:
    """Two faults on two of three workers, somewhere in thirty seconds; and the seconds of processor that it took."""
    began_s = time.process_time()
    gc.set_threshold(COLLECT_AFTER)  # as an exploration does
    rng = Random(seed)
    first, second = rng.sample(["worker1", "worker2", "worker3"], 2)
    faults = [
        rng.choice([crash(first), pause(first)]).between(rng.uniform(4, 6), rng.uniform(7, 10)),
        rng.choice([blackhole(f"coordinator→{second}"), latency(f"coordinator→{second}", ms=200)]).between(
            rng.uniform(14, 16), rng.uniform(17, 20)
        ),
    ]
    record = simulate(LOAD, faults, seed=seed, system=bundled())
    assert len(record.requests) == 300
    verdict = Verdict.merge(judge.judge(record).verdict for judge in JUDGES)
    return verdict, time.process_time() - began_s


def ready(every: Barrier) -> None:
    """Import what is needed once, and wait for the others, so that nobody is still doing so when it counts."""
    judged(0)
    every.wait(timeout=60)


@pytest.mark.bench
def test_a_thousand_schedules_a_minute_are_run_and_judged_on_two_cores() -> None:
    every = multiprocessing.Barrier(PROCESSES)
    with ProcessPoolExecutor(PROCESSES, initializer=ready, initargs=(every,)) as pool:
        list(pool.map(judged, range(PROCESSES)))
        began_s = time.monotonic()
        verdicts, spent_s = zip(*pool.map(judged, range(SCHEDULES), chunksize=10), strict=True)
        took_s = time.monotonic() - began_s
    per_minute = SCHEDULES / took_s * 60
    each_ms = 1000 * sum(spent_s) / SCHEDULES
    print(f"{per_minute:.0f} schedules/min in {PROCESSES} processes, {each_ms:.0f} ms of processor each")
    assert set(verdicts) == {Verdict.HELD}
    # By what they cost and not by how long they took, which is up to whoever else uses the machine.
    assert each_ms <= PROCESSES * 60_000 / LEAST_A_MINUTE


async def ticking(tasks: int, ticks: int) -> None:
    async def tick(every_s: float) -> None:
        for _ in range(ticks):
            await asyncio.sleep(every_s)

    async with asyncio.TaskGroup() as group:
        for number in range(tasks):
            group.create_task(tick(0.001 * (1 + number % 7)))


@pytest.mark.bench
def test_virtual_time_costs_no_more_than_that_of_a_library_would() -> None:
    """Why there is a loop of our own: it also knows whose code runs, and is the quicker one."""

    def timed(loop: asyncio.AbstractEventLoop) -> float:
        try:
            began = time.process_time()
            loop.run_until_complete(ticking(100, 100))
            return time.process_time() - began
        finally:
            loop.close()

    theirs: list[float] = []
    ours: list[float] = []
    for _ in range(5):
        theirs.append(timed(looptime.patch_event_loop(asyncio.SelectorEventLoop(), _enabled=True)))
        ours.append(timed(VirtualLoop()))
    print(f"10,000 sleeps: {1000 * min(ours):.0f} ms here, {1000 * min(theirs):.0f} ms with looptime")
    assert min(ours) <= min(theirs)
