"""One worker of three is killed, or falls silent, under 70 % load, again and again."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pytest

from chaos.experiment import Experiment
from chaos.faults import crash, pause
from chaos.faults.aim import Aimed
from chaos.invariants import answered_once, answers_correct, books_balance, no_loss
from chaos.run import Run
from chaos.schedule import Schedule
from chaos.workload import poisson
from tests.endurance.capacity import SHARE, WORKERS, capacity_rps, delayed
from tests.endurance.conftest import Report
from tests.endurance.redirects import Redirects

pytestmark = [pytest.mark.endurance, pytest.mark.timeout(1800)]

LEAD_S: Final = 4.0
TAIL_S: Final = 3.0
PER_RUN: Final = 10  # so that one run stays small enough to look at


@dataclass(frozen=True, slots=True)
class Strikes:
    """The same fault on one worker after the other: `out_s` long, one beginning `every_s` after the other.

    Without one of three workers a little more comes than can be answered; what gathers meanwhile must be gone before
    the next strike, or its requests would wait for the sins of this one.
    """

    aim: Callable[[str], Aimed]
    repeats: int
    out_s: float
    every_s: float

    def schedule(self, repeats: int) -> Schedule:
        starts = ((f"worker{turn % WORKERS + 1}", LEAD_S + turn * self.every_s) for turn in range(repeats))
        return Schedule.of(self.aim(worker).between(start_s, start_s + self.out_s) for worker, start_s in starts)

    async def carry_out(self, experiment: Experiment) -> tuple[float, list[Run]]:
        """The capacity, and the runs."""
        system = delayed()
        capacity = await capacity_rps(experiment, system)
        runs = []
        for number in range(math.ceil(self.repeats / PER_RUN)):
            repeats = min(PER_RUN, self.repeats - number * PER_RUN)
            load = poisson(SHARE * capacity, LEAD_S + repeats * self.every_s + TAIL_S)
            runs.append(await experiment(load, self.schedule(repeats), system=system))
        return capacity, runs


def repeats(usual: int) -> int:
    return int(os.environ.get("ENDURANCE_REPEATS", usual))


async def test_a_worker_is_killed_again_and_again(experiment: Experiment, report: Report) -> None:
    strikes = Strikes(crash, repeats(50), out_s=1.0, every_s=6.0)
    capacity, runs = await strikes.carry_out(experiment)
    redirects = Redirects.of(runs)
    report({"kills": strikes.repeats, "capacity_rps": round(capacity, 1), **redirects.to_json()})
    for run in runs:
        run.holds(no_loss(), answered_once(), answers_correct(), books_balance())
    assert redirects.redirected_ms


async def test_a_worker_falls_silent_again_and_again(experiment: Experiment, report: Report) -> None:
    strikes = Strikes(pause, repeats(20), out_s=2.5, every_s=8.0)
    capacity, runs = await strikes.carry_out(experiment)
    redirects = Redirects.of(runs)
    figures = redirects.to_json()
    report({"pauses": strikes.repeats, "capacity_rps": round(capacity, 1), **figures})
    for run in runs:
        run.holds(no_loss(), answered_once(), answers_correct(), books_balance())
    assert redirects.redirected_ms
    assert figures["redirected_p99_ms"] <= 1500
