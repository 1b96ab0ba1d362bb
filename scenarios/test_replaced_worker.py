"""A worker comes back under its name as another process."""

from collections.abc import Iterator

import pytest

from chaos.experiment import Experiment
from chaos.faults import crash, pause, restart, resume
from chaos.invariants import (
    answered_once,
    answers_correct,
    books_balance,
    logs_complete,
    no_loss,
    no_retry_storm,
    reconciled,
    recovers_within,
    retries_explained,
    status_truthful,
)
from chaos.run import Run
from chaos.workload import poisson


def replaced(run: Run) -> Iterator[str]:
    """The workers that the coordinator took for other processes than before."""
    for line in run.record.log("coordinator"):
        if line.get("event") == "membership" and "another process" in line["reason"]:
            yield line["worker"]


@pytest.mark.chaos
async def test_a_worker_that_was_replaced_is_told_from_one_that_stood_still(experiment: Experiment) -> None:
    run = await experiment(
        workload=poisson(rate=60, seconds=14),
        schedule=[
            *(crash("worker1").at(2), restart("worker1").at(3)),
            *(pause("worker2").at(8), resume("worker2").at(10)),
        ],
    )
    run.holds(
        *(no_loss(), answered_once(), answers_correct(), books_balance()),
        *(reconciled(), logs_complete(), status_truthful()),
        *(retries_explained(at_most=2), no_retry_storm(), recovers_within(seconds=3)),
    )
    assert list(replaced(run)) == ["worker1"]
    assert all(run.answers(worker, between=(12, 14)) for worker in ("worker1", "worker2"))
