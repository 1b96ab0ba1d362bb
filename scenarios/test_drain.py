"""A node is told to end while it is busy, as in a deployment."""

from typing import Final

import pytest

from chaos.bundled import bundled
from chaos.experiment import Experiment
from chaos.faults import restart, terminate
from chaos.invariants import (
    answered_once,
    answers_correct,
    books_balance,
    drained,
    goodput_at_least,
    logs_complete,
    no_loss,
    no_retry_storm,
    reconciled,
    recovers_within,
    status_truthful,
)
from chaos.workload import poisson

# Batches take 0.1 s on average, so that whoever is told to end has work in its hands.
BUSY: Final = bundled(coordinator={"BATCH_SIZE": "8", "BATCH_TIMEOUT": "0"}, worker={"MAX_DELAY": "0.2"})


@pytest.mark.chaos
async def test_a_worker_that_is_told_to_end_finishes_what_it_has(experiment: Experiment) -> None:
    run = await experiment(
        workload=poisson(rate=80, seconds=12),
        schedule=[terminate("worker1").at(2.5), restart("worker1").at(4.5)],
        system=BUSY,
    )
    run.holds(
        *(no_loss(), answered_once(), answers_correct(), books_balance()),
        *(reconciled(), logs_complete(), status_truthful()),
        *(drained("worker1"), no_retry_storm(), goodput_at_least(0.9), recovers_within(seconds=3)),
    )
    assert not run.answers("worker1", between=(3.5, 4.5))
    assert run.answers("worker1", between=(9, 12))
    control = await experiment.control(poisson(rate=80, seconds=6), system=BUSY)
    assert control.answers("worker1", between=(3.5, 4.5))


@pytest.mark.chaos
async def test_a_coordinator_that_is_told_to_end_answers_all_it_has_accepted(experiment: Experiment) -> None:
    run = await experiment(
        workload=poisson(rate=80, seconds=11),
        schedule=[terminate("coordinator").at(2.5), restart("coordinator").at(4.5)],
        system=BUSY,
    )
    run.holds(
        *(drained("coordinator"), answered_once(), answers_correct(), recovers_within(seconds=3)),
        *(logs_complete(), status_truthful()),
    )
    assert not run.answers(between=(3.5, 4.5))
    control = await experiment.control(poisson(rate=80, seconds=6), system=BUSY)
    assert control.answers(between=(3.5, 4.5))
