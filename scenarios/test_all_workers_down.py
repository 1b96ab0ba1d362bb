"""All workers are gone for four seconds, and nobody is told no."""

from typing import Final

import pytest

from chaos.experiment import Experiment
from chaos.faults import crash, restart
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

WORKERS: Final = ("worker1", "worker2", "worker3")


@pytest.mark.chaos
async def test_requests_wait_while_all_workers_are_down(experiment: Experiment) -> None:
    run = await experiment(
        workload=poisson(rate=40, seconds=16),
        schedule=[
            *(crash(worker).at(3) for worker in WORKERS),
            *(restart(worker).at(7) for worker in WORKERS),
        ],
    )
    run.holds(
        *(no_loss(), answered_once(), answers_correct(), books_balance()),
        *(reconciled(), logs_complete(), status_truthful(), work_conserving()),
        *(retries_explained(at_most=3), goodput_at_least(0.9), recovers_within(seconds=4)),
    )
    assert run.largest_latency_s >= 3.5
    control = await experiment.control(poisson(rate=60, seconds=6))
    assert control.largest_latency_s < 3.5
