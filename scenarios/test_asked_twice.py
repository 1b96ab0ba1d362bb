"""What is asked twice, and again when a connection breaks, is done once if it has a key."""

from typing import Final

import pytest

from chaos.experiment import Experiment
from chaos.faults import crash, reset, restart
from chaos.invariants import (
    answered_once,
    answers_correct,
    books_balance,
    logs_complete,
    no_loss,
    reconciled,
    recovers_within,
    status_truthful,
)
from chaos.workload import poisson
from scenarios.asking_twice import asked_twice

TWICE: Final = asked_twice(coordinator={"BATCH_SIZE": "8", "BATCH_TIMEOUT": "0"}, worker={"MAX_DELAY": "0.2"})


@pytest.mark.chaos
async def test_what_is_asked_again_under_its_key_is_done_once(experiment: Experiment) -> None:
    run = await experiment(
        workload=poisson(rate=30, seconds=12),
        schedule=[
            *(crash("worker1").at(2), restart("worker1").at(4)),
            reset("client→coordinator").between(7, 8),
        ],
        system=TWICE,
    )
    run.holds(
        no_loss(),
        answered_once(),
        answers_correct(),
        books_balance(),
        recovers_within(seconds=3),
        *(reconciled(), logs_complete(), status_truthful()),
    )
    assert run.retries > 0
    *_, (_, _, books) = run.record.statuses
    assert books["tasks_submitted"] == len(run.record.requests)
    control = await experiment.control(poisson(rate=30, seconds=4), system=TWICE)
    assert control.retries == 0
