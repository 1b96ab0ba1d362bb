"""One worker gets hardly any processor, as beside a noisy neighbour."""

from statistics import median
from typing import Final

import pytest

from chaos.experiment import Experiment
from chaos.faults import feed_cpu, starve_cpu
from chaos.invariants import answered_once, answers_correct, books_balance, no_loss, recovers_within
from chaos.run import Run
from chaos.workload import poisson

LAG_S: Final = 0.02
RATE: Final = 100  # of which a third is more than a worker can do in a tenth of its time


@pytest.mark.chaos
async def test_a_starved_worker_costs_time_and_no_answer(experiment: Experiment) -> None:
    run = await experiment(
        workload=poisson(rate=RATE, seconds=8),
        schedule=[starve_cpu("worker2", share=0.1).at(1.5), feed_cpu("worker2").at(5)],
    )
    run.holds(no_loss(), answered_once(), answers_correct(), books_balance(), recovers_within(seconds=3))
    # Nine tenths of the time it stands still, or else it has used up its share: what is asked of it mostly waits.
    assert lag_s(run, between=(2, 5)) >= LAG_S
    control = await experiment.control(poisson(rate=RATE, seconds=4))
    assert lag_s(control, between=(0, 4)) < LAG_S


def lag_s(run: Run, between: tuple[float, float]) -> float:
    """How much later than another worker the starved one usually answers."""
    starved, other = (median(run.latencies_s(worker, between=between)) for worker in ("worker2", "worker1"))
    return starved - other
