"""The link to one worker goes down and comes up again, several times a second."""

import pytest

from chaos.experiment import Experiment
from chaos.faults import flap
from chaos.invariants import answered_once, answers_correct, books_balance, no_loss, recovers_within
from chaos.targets import one_of
from chaos.workload import poisson


@pytest.mark.chaos
async def test_a_flapping_link_loses_nothing(experiment: Experiment) -> None:
    run = await experiment(
        workload=poisson(rate=40, seconds=8),
        schedule=[flap(one_of("worker1", "worker2", "worker3"), every_ms=700, down_ms=350).between(1.5, 5)],
    )
    run.holds(no_loss(), answered_once(), answers_correct(), books_balance(), recovers_within(seconds=3))
    assert run.retries > 0
    control = await experiment.control(poisson(rate=60, seconds=6))
    assert control.retries == 0
