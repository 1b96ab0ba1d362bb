"""Connections to a worker are reset, again and again."""

import pytest

from chaos.experiment import Experiment
from chaos.faults import reset
from chaos.invariants import (
    answered_once,
    answers_correct,
    books_balance,
    goodput_at_least,
    logs_complete,
    no_loss,
    reconciled,
    retries_explained,
    status_truthful,
    work_conserving,
)
from chaos.schedule import Schedule
from chaos.workload import poisson


@pytest.mark.chaos
async def test_connections_that_are_reset_again_and_again_lose_nothing(experiment: Experiment) -> None:
    run = await experiment(
        workload=poisson(rate=60, seconds=12),
        schedule=Schedule.of([reset("coordinator→worker2").between(3, 4)]).repeat(5, every_s=1.5),
    )
    run.holds(
        *(no_loss(), answered_once(), answers_correct(), books_balance()),
        *(reconciled(), logs_complete(), status_truthful(), work_conserving()),
        *(retries_explained(at_most=3), goodput_at_least(0.9)),
    )
    assert run.retries > 0
    control = await experiment.control(poisson(rate=60, seconds=6))
    assert control.retries == 0
