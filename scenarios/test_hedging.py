"""The link to one worker is slow, and whoever is slower than usual is not waited for."""

from typing import Final

import pytest

from chaos.bundled import bundled
from chaos.experiment import Experiment
from chaos.faults import latency
from chaos.invariants import (
    answered_once,
    answers_correct,
    books_balance,
    latency_below,
    logs_complete,
    no_loss,
    reconciled,
    status_truthful,
)
from chaos.workload import poisson
from reports.verdict import Verdict

# The slow worker stays in: leaving it out would be another way to the same end.
PATIENT: Final = bundled(workers=4, coordinator={"EJECT_SLOWNESS": "0"})
HEDGING: Final = bundled(workers=4, coordinator={"EJECT_SLOWNESS": "0", "HEDGE_AFTER": "0.8"})
SLOW_MS: Final = 400


@pytest.mark.chaos
async def test_a_hedge_answers_before_the_slow_worker_does(experiment: Experiment) -> None:
    workload = poisson(rate=20, seconds=9)
    schedule = [latency("coordinator→worker2", ms=SLOW_MS).between(2, 8)]
    quick = latency_below(0.75 * SLOW_MS, at=0.97, since_s=2.5, until_s=8)
    run = await experiment(workload=workload, schedule=schedule, system=HEDGING)
    run.holds(
        no_loss(),
        answered_once(),
        answers_correct(),
        books_balance(),
        quick,
        *(reconciled(), logs_complete(), status_truthful()),
    )
    control = await experiment(workload=workload, schedule=schedule, system=PATIENT)
    control.holds(no_loss(), answered_once(), answers_correct(), books_balance())
    assert quick.judge(control.record).verdict is Verdict.VIOLATED
