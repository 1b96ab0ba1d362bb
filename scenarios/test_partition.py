"""The network splits: a minority of the workers is beyond reach, and all of them for a moment."""

import pytest

from chaos.composition import sequence
from chaos.experiment import Experiment
from chaos.faults import partition
from chaos.invariants import answered_once, answers_correct, books_balance, no_loss
from chaos.targets import all_workers, minority
from chaos.workload import poisson


@pytest.mark.chaos
async def test_a_partition_delays_answers_and_loses_none(experiment: Experiment) -> None:
    run = await experiment(
        workload=poisson(rate=40, seconds=8),
        schedule=sequence(partition(minority).between(1, 3), partition(all_workers).between(1, 2.5)),
    )
    run.holds(no_loss(), answered_once(), answers_correct(), books_balance())
    assert run.largest_latency_s >= 1
    assert run.answers(between=(1.5, 3))
    assert not run.answers(between=(4.7, 5.5))
    assert run.answers(between=(7, 8))
    control = await experiment.control(poisson(rate=60, seconds=6))
    assert control.largest_latency_s < 1
