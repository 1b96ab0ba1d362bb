"""Clients that will not wait long, and workers that stand still for longer."""

from collections.abc import Iterator
from typing import Final

import pytest

from chaos.bundled import bundled
from chaos.experiment import Experiment
from chaos.faults import pause, resume
from chaos.invariants import (
    answered_once,
    answers_correct,
    books_balance,
    deadline_respected,
    logs_complete,
    reconciled,
    recovers_within,
    status_truthful,
)
from chaos.run import Run
from chaos.workload import poisson

WORKERS: Final = ("worker1", "worker2", "worker3")
HASTY: Final = bundled(request_timeout_s=0.5)


def computed(run: Run) -> Iterator[str]:
    """The requests that reached a worker's batch."""
    for worker in WORKERS:
        for line in run.record.log(worker):
            if line.get("event") == "batch":
                yield from line["request_ids"]


@pytest.mark.chaos
async def test_a_short_deadline_is_kept_and_what_nobody_waits_for_is_not_sent_to_a_worker(
    experiment: Experiment,
) -> None:
    run = await experiment(
        workload=poisson(rate=60, seconds=9),
        schedule=[*(pause(worker).at(3) for worker in WORKERS), *(resume(worker).at(5) for worker in WORKERS)],
        system=HASTY,
    )
    run.holds(
        deadline_respected(),
        answered_once(),
        answers_correct(),
        books_balance(),
        recovers_within(seconds=2),
        *(reconciled(), logs_complete(), status_truthful()),
    )
    given_up = {each.request_id for each in run.record.requests if each.answer.get("status") == 504}
    assert len(given_up) >= 60
    # What the workers had in their hands when they stood still: a batch of three each, and the next.
    assert len(given_up.intersection(computed(run))) <= 3 * 2 * len(WORKERS)
    control = await experiment.control(poisson(rate=60, seconds=4), system=HASTY)
    assert len(control.answers()) == len(control.record.requests)
