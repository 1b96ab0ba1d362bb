"""The link to one worker is slow, and whoever is slower than usual is not waited for."""

from typing import Final

import pytest

from chaos.bundled import bundled
from chaos.experiment import Experiment
from chaos.faults import latency
from chaos.invariants import answered_once, answers_correct, books_balance, latency_below, no_loss
from chaos.workload import poisson
from reports.verdict import Verdict

# The slow worker stays in: leaving it out would be another way to the same end.
PATIENT: Final = bundled(coordinator={"EJECT_SLOWNESS": "0"})
HEDGING: Final = bundled(coordinator={"EJECT_SLOWNESS": "0", "HEDGE_AFTER": "0.8"})
SLOW_MS: Final = 400


@pytest.mark.chaos
async def test_a_hedge_answers_before_the_slow_worker_does(experiment: Experiment) -> None:
    workload = poisson(rate=20, seconds=11)
    schedule = [latency("coordinator→worker2", ms=SLOW_MS).between(3, 9)]
    quick = latency_below(0.75 * SLOW_MS, at=0.95, since_s=3.5, until_s=9)
    run = await experiment(workload=workload, schedule=schedule, system=HEDGING)
    run.holds(no_loss(), answered_once(), answers_correct(), books_balance(), quick)
    control = await experiment(workload=workload, schedule=schedule, system=PATIENT)
    control.holds(no_loss(), answered_once(), answers_correct(), books_balance())
    assert quick.judge(control.record).verdict is Verdict.VIOLATED
