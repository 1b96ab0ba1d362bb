"""A worker loses its network with work in its hands, and comes back under another address."""

from typing import Final

import pytest

from chaos.bundled import bundled
from chaos.experiment import Experiment
from chaos.faults import disconnect, reconnect
from chaos.invariants import (
    answered_once,
    answers_correct,
    books_balance,
    goodput_at_least,
    no_loss,
    reconciled,
    recovers_within,
)
from chaos.workload import poisson

BUSY: Final = bundled(coordinator={"BATCH_SIZE": "8", "BATCH_TIMEOUT": "0"}, worker={"MAX_DELAY": "0.2"})


@pytest.mark.chaos
@pytest.mark.only_on("docker")
async def test_a_worker_that_comes_back_under_another_address_is_found_again(experiment: Experiment) -> None:
    run = await experiment(
        workload=poisson(rate=80, seconds=14),
        schedule=[disconnect("worker2").at(2.5), reconnect("worker2").at(5)],
        system=BUSY,
    )
    run.holds(
        *(no_loss(), answered_once(), answers_correct(), books_balance(), reconciled()),
        *(goodput_at_least(0.9), recovers_within(seconds=5)),
    )
    assert run.retries > 0
    assert not run.answers("worker2", between=(4, 5))
    assert run.answers("worker2", between=(11, 14))
    control = await experiment.control(poisson(rate=80, seconds=6), system=BUSY)
    assert control.answers("worker2", between=(4, 5))
