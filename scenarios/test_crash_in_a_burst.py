"""A worker is killed while a burst is being worked off."""

import pytest

from chaos.experiment import Experiment
from chaos.faults import crash, restart
from chaos.invariants import (
    answered_once,
    answers_correct,
    books_balance,
    goodput_at_least,
    no_loss,
    retries_explained,
)
from chaos.workload import burst


@pytest.mark.chaos
async def test_a_crash_in_the_middle_of_a_burst_loses_nothing(experiment: Experiment) -> None:
    run = await experiment(
        workload=burst(size=40, every=4, seconds=12, rate=30),
        schedule=[crash("worker2").at(4.05), restart("worker2").at(7)],
    )
    run.holds(
        *(no_loss(), answered_once(), answers_correct(), books_balance()),
        *(retries_explained(at_most=2), goodput_at_least(0.8)),
    )
    assert run.retries > 0
    control = await experiment.control(burst(size=40, every=4, seconds=6, rate=30))
    assert control.retries == 0
