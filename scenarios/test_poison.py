"""One text among many kills every worker that computes it."""

from typing import Final

import pytest

from chaos.bundled import bundled
from chaos.experiment import Experiment
from chaos.invariants import (
    answered_once,
    answers_correct,
    books_balance,
    logs_complete,
    poison_isolated,
    reconciled,
    status_truthful,
)
from chaos.workload import poisson

POISON: Final = "a film that stops the heart"
# Batches of 0.1 s on average, so that the poison has batch mates, and one worker is enough for everybody while two are
# away; whoever died is started again a second later.
DEADLY: Final = bundled(
    coordinator={"BATCH_SIZE": "8"}, worker={"CRASH_ON": POISON, "MAX_DELAY": "0.2"}, restart_after_s=1.0
)


@pytest.mark.chaos
async def test_a_text_that_kills_fails_alone_and_takes_two_workers_at_most(experiment: Experiment) -> None:
    workload = poisson(rate=40, seconds=12)
    # The second time everybody is back, and nobody is given it again.
    run = await experiment(workload.sending(POISON, at=3).sending(POISON, at=9), system=DEADLY)
    run.holds(
        poison_isolated(POISON, kills=2),
        answered_once(),
        answers_correct(),
        books_balance(),
        *(reconciled(), logs_complete(), status_truthful()),
    )
    assert run.retries > 0
    assert all(run.answers(worker, between=(9, 12)) for worker in ("worker1", "worker2", "worker3"))
    control = await experiment.control(poisson(rate=40, seconds=4), system=DEADLY)
    assert control.retries == 0
