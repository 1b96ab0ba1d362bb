"""A worker is killed while a burst is being worked off."""

from typing import Final

import pytest

from chaos.bundled import bundled
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
    retries_explained,
    status_truthful,
    work_conserving,
)
from chaos.workload import burst

# Batches take 0.1 s on average, so that a burst keeps all workers busy for half a second, on the fastest machine too.
SLOW: Final = bundled(worker={"MAX_DELAY": "0.2"})


@pytest.mark.chaos
async def test_a_crash_in_the_middle_of_a_burst_loses_nothing(experiment: Experiment) -> None:
    run = await experiment(
        workload=burst(size=40, every=4, seconds=12, rate=30),
        schedule=[crash("worker2").at(4.1), restart("worker2").at(7)],
        system=SLOW,
    )
    run.holds(
        *(no_loss(), answered_once(), answers_correct(), books_balance()),
        *(reconciled(), logs_complete(), status_truthful(), work_conserving()),
        *(retries_explained(at_most=2), goodput_at_least(0.8)),
    )
    assert run.retries > 0
    control = await experiment.control(burst(size=40, every=4, seconds=6, rate=30), system=SLOW)
    assert control.retries == 0
