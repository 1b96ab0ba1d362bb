"""The link to one worker is slow, the worker is not."""

import pytest

from chaos.experiment import Experiment
from chaos.faults import latency
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
async def test_a_slow_link_to_one_worker_costs_time_and_nothing_else(experiment: Experiment) -> None:
    run = await experiment(
        workload=poisson(rate=60, seconds=11),
        schedule=[latency("coordinator→worker2", ms=300).between(3, 7)],
    )
    run.holds(
        *(no_loss(), answered_once(), answers_correct(), books_balance()),
        *(reconciled(), logs_complete(), status_truthful(), batches_within(3, 0.15), work_conserving()),
        *(retries_explained(at_most=2), goodput_at_least(0.9), recovers_within(seconds=3)),
    )
    assert min(run.latencies_s("worker2", between=(3.5, 7))) >= 0.3
    assert min(run.latencies_s("worker1", between=(3.5, 7))) < 0.3
    control = await experiment.control(poisson(rate=60, seconds=6))
    assert min(control.latencies_s("worker2")) < 0.3
