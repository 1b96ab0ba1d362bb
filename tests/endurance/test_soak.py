"""A random fault every ten seconds under 70 % load, for twenty minutes: nothing is lost, and nothing leaks."""

from __future__ import annotations

import dataclasses
import os
import random
from collections.abc import Iterator
from itertools import count
from typing import Final

import pytest

from chaos.experiment import Experiment
from chaos.faults import blackhole, crash, down, latency, pause, reset
from chaos.faults.aim import Aimed, Planned
from chaos.invariants import answered_once, answers_correct, books_balance, no_loss
from chaos.laboratory import Laboratory
from chaos.workload import poisson
from tests.endurance.capacity import SHARE, WORKERS, capacity_rps, delayed
from tests.endurance.conftest import Report
from tests.endurance.coordinator import Watch, watched
from tests.endurance.redirects import Redirects

MINUTES: Final = float(os.environ.get("ENDURANCE_MINUTES", "20"))

pytestmark = [pytest.mark.endurance, pytest.mark.timeout(MINUTES * 60 + 600)]

EVERY_S: Final = 10.0
SHORTEST_S: Final = 2.0
LONGEST_S: Final = 6.0
SETTLED: Final = 0.25  # of the time: five minutes of twenty, in which caches, rings and pools fill
MAX_DELAY_S: Final = 0.2

# Of the memory: what allocators and rings of ended requests sway by.
MOST_GROWTH: Final = 0.05
# Descriptors that gRPC opens for a channel that took the place of another one, and keeps.
SPARE_DESCRIPTORS: Final = 4


def random_fault(rng: random.Random) -> Aimed:
    worker = f"worker{rng.randint(1, WORKERS)}"
    edge = f"coordinator->{worker}"
    return rng.choice((crash(worker), pause(worker), latency(edge, ms=300), blackhole(edge), reset(edge), down(edge)))


def random_faults(rng: random.Random, seconds: float) -> Iterator[Planned]:
    """One at a time: the last of one is healed before the next begins."""
    for turn in count(1):
        if (start_s := turn * EVERY_S) + EVERY_S > seconds:
            return
        yield random_fault(rng).between(start_s, start_s + rng.uniform(SHORTEST_S, LONGEST_S))


@pytest.fixture
def watches() -> list[Watch]:
    return []


@pytest.fixture
def laboratory(laboratory: Laboratory, watches: list[Watch]) -> Laboratory:
    """The session's own, whose coordinators are watched."""
    return dataclasses.replace(laboratory, launch=watched(laboratory.launch, watches))


async def test_twenty_minutes_of_random_faults(experiment: Experiment, watches: list[Watch], report: Report) -> None:
    system, seconds = delayed(MAX_DELAY_S), MINUTES * 60
    capacity = await capacity_rps(experiment, system)
    faults = list(random_faults(random.Random(experiment.seed), seconds))
    run = await experiment(poisson(SHARE * capacity, seconds), faults, system=system)
    watch = watches[-1]
    growth = watch.growth(SETTLED * seconds)
    report(
        {
            "minutes": MINUTES,
            "faults": len(faults),
            "seed": experiment.seed,
            "capacity_rps": round(capacity, 1),
            **Redirects.of([run]).to_json(),
            "rss_mb_before": round(watch.before.rss_bytes / 1e6, 1),
            "rss_mb_largest": round(watch.largest_rss_bytes / 1e6, 1),
            "rss_growth_percent": round(growth * 100, 2),
            "descriptors": [watch.before.descriptors, watch.after.descriptors],
            "tasks": [watch.before.tasks, watch.after.tasks],
            "rss_by_minute": [
                [round(each.time_s - watch.before.time_s), each.rss_bytes] for each in watch.samples[::12]
            ],
        }
    )
    run.holds(no_loss(), answered_once(), answers_correct(), books_balance())
    assert growth <= MOST_GROWTH
    assert watch.after.tasks <= watch.before.tasks
    assert watch.after.descriptors <= watch.before.descriptors + SPARE_DESCRIPTORS
