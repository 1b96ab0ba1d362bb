"""The network to one worker swallows everything, and no connection breaks."""

import pytest

from chaos.experiment import Experiment
from chaos.faults import blackhole, unplug
from chaos.invariants import (
    answered_once,
    answers_correct,
    batches_within,
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
async def test_a_black_hole_before_one_worker_loses_nothing(experiment: Experiment) -> None:
    run = await experiment(
        workload=poisson(rate=60, seconds=12),
        schedule=[blackhole("coordinator→worker1").at(3), unplug("coordinator→worker1").at(6)],
    )
    run.holds(
        *(no_loss(), answered_once(), answers_correct(), books_balance()),
        *(reconciled(), logs_complete(), status_truthful(), batches_within(3, 0.15), work_conserving()),
        *(retries_explained(at_most=2), goodput_at_least(0.9), recovers_within(seconds=4)),
    )
    assert run.retries > 0
    assert not run.answers("worker1", between=(3.5, 6))
    control = await experiment.control(poisson(rate=60, seconds=6))
    assert control.retries == 0
