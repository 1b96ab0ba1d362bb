"""A worker is killed with requests in its hands, comes back, and is killed again."""

from typing import Final

import pytest

from chaos.bundled import bundled
from chaos.experiment import Experiment
from chaos.faults import crash, restart
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

# At 80 requests/s each worker computes one batch, of 0.1 s on average, and holds the next: it is busy whenever it is
# killed. (Batches that take 5 ms leave it idle nine times in ten.) Batches of eight leave capacity to spare.
BUSY: Final = bundled(coordinator={"BATCH_SIZE": "8", "BATCH_TIMEOUT": "0"}, worker={"MAX_DELAY": "0.2"})


@pytest.mark.chaos
async def test_a_worker_crash_loses_nothing(experiment: Experiment) -> None:
    run = await experiment(
        workload=poisson(rate=80, seconds=16),
        schedule=[
            *(crash("worker1").at(3), restart("worker1").at(5)),
            *(crash("worker1").at(9.5), restart("worker1").at(11)),
        ],
        system=BUSY,
    )
    run.holds(
        *(no_loss(), answered_once(), answers_correct(), books_balance()),
        *(reconciled(), logs_complete(), status_truthful(), batches_within(8, 0), work_conserving()),
        *(retries_explained(at_most=2), goodput_at_least(0.9), recovers_within(seconds=3)),
    )
    assert run.retries > 0
    assert not run.answers("worker1", between=(3.5, 5))
    assert run.answers("worker1", between=(14, 16))
    control = await experiment.control(poisson(rate=80, seconds=6), system=BUSY)
    assert control.retries == 0
    assert control.answers("worker1", between=(3.5, 5))
