"""A worker stands still with its connections open, as in a long garbage collection."""

import pytest

from chaos.experiment import Experiment
from chaos.faults import pause, resume
from chaos.invariants import (
    answered_once,
    answers_correct,
    books_balance,
    goodput_at_least,
    logs_complete,
    no_loss,
    reconciled,
    recovers_within,
    retries_explained,
    status_truthful,
    work_conserving,
)
from chaos.workload import poisson


@pytest.mark.chaos
async def test_a_paused_worker_holds_up_nothing(experiment: Experiment) -> None:
    run = await experiment(
        workload=poisson(rate=60, seconds=12),
        schedule=[pause("worker3").at(3), resume("worker3").at(6)],
    )
    run.holds(
        *(no_loss(), answered_once(), answers_correct(), books_balance()),
        *(reconciled(), logs_complete(), status_truthful(), work_conserving()),
        *(retries_explained(at_most=2), goodput_at_least(0.9), recovers_within(seconds=3)),
    )
    assert run.retries > 0
    assert not run.answers("worker3", between=(3.5, 6))
    control = await experiment.control(poisson(rate=60, seconds=6))
    assert control.retries == 0
