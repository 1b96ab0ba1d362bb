"""One worker computes slowly though it says that it is well, and its network and its processor are as ever."""

from typing import Final

import pytest

from chaos.experiment import Experiment
from chaos.faults import quicken_model, slow_model
from chaos.invariants import answered_once, answers_correct, books_balance, latency_below, no_loss
from chaos.workload import poisson

SLOW_MS: Final = 500


@pytest.mark.chaos
async def test_a_worker_with_a_slow_model_is_left_out(experiment: Experiment) -> None:
    run = await experiment(
        workload=poisson(rate=40, seconds=8),
        schedule=[slow_model("worker1", ms=SLOW_MS).at(1.5), quicken_model("worker1").at(6.5)],
    )
    run.holds(no_loss(), answered_once(), answers_correct(), books_balance(), latency_below(SLOW_MS, at=0.95))
    met = run.latencies_s("worker1", between=(2, 6.5))
    assert max(run.latencies_s("worker1", between=(1.5, 6.5))) >= SLOW_MS / 1000
    assert len(met) < 0.2 * len(run.answers(between=(2, 6.5)))
    control = await experiment.control(poisson(rate=60, seconds=6))
    assert len(control.answers("worker1")) > 0.2 * len(control.answers())
