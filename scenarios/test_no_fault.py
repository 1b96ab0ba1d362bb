"""Nothing is broken, and everything is as it should be."""

import pytest

from chaos.experiment import Experiment
from chaos.invariants import (
    answered_once,
    answers_correct,
    batches_within,
    books_balance,
    fair_share,
    goodput_at_least,
    logs_complete,
    no_loss,
    reconciled,
    retries_explained,
    status_truthful,
    work_conserving,
)
from chaos.workload import poisson


@pytest.mark.chaos
async def test_without_faults_every_request_is_answered_at_the_first_attempt(experiment: Experiment) -> None:
    run = await experiment(workload=poisson(rate=60, seconds=8))
    run.holds(
        no_loss(),
        answered_once(),
        answers_correct(),
        books_balance(),
        retries_explained(at_most=0),
        goodput_at_least(0.9),
        *(reconciled(), logs_complete(), status_truthful()),
        *(batches_within(3, 0.15), work_conserving(), fair_share()),
    )
    assert run.retries == 0
    assert all(run.answers(worker) for worker in ("worker1", "worker2", "worker3"))
