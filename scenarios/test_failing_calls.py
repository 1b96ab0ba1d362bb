"""Calls fail out of the blue: some before anything was computed, some after, when their answers are lost."""

import pytest

from chaos.experiment import Experiment
from chaos.faults import fail_rpc
from chaos.invariants import answered_once, answers_correct, books_balance, no_loss, retries_explained
from chaos.workload import poisson


@pytest.mark.chaos
async def test_calls_that_fail_once_are_tried_again_and_answered_once(experiment: Experiment) -> None:
    run = await experiment(
        workload=poisson(rate=40, seconds=6),
        schedule=[
            fail_rpc("worker1", nth=3, times=2).between(1, 4),
            fail_rpc("worker2", nth=2, status="INTERNAL", computed=True).between(1, 4),
        ],
    )
    run.holds(no_loss(), answered_once(), answers_correct(), books_balance(), retries_explained(at_most=2))
    assert run.retries >= 3
    control = await experiment.control(poisson(rate=60, seconds=6))
    assert control.retries == 0
