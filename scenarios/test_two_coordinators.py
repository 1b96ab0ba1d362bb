"""Two coordinators behind one name share their workers and know nothing of each other.

A key is known to one of them only. What was in the hands of one that died is asked of the other, and nothing is lost;
what one that lives on goes on with, while its clients have turned to the other, is done twice, and counted.
"""

from typing import Final

import pytest

from chaos.bundled import bundled
from chaos.experiment import Experiment
from chaos.faults import crash, reset, restart, terminate
from chaos.invariants import (
    answered_once,
    answers_correct,
    books_balance,
    deadline_respected,
    executions_explained,
    goodput_at_least,
    no_loss,
    recovers_within,
)
from chaos.run import Run
from chaos.workload import poisson

# Batches take 0.1 s on average, so that whoever is killed has work in its hands.
TWO: Final = bundled(coordinators=2, coordinator={"BATCH_SIZE": "8", "BATCH_TIMEOUT": "0"}, worker={"MAX_DELAY": "0.2"})


def through(run: Run, coordinator: str, *, between: tuple[float, float]) -> int:
    """How many answers came through it."""
    return sum(each.answer.get("through") == coordinator for each in run.answers(between=between))


def moved(run: Run) -> int:
    """How many requests one coordinator did not answer, so that the other was asked."""
    return sum(bool(each.answer.get("tries")) for each in run.record.requests)


def executed_again(run: Run) -> int:
    (found,) = (each for each in run.judgement.findings if each.name == "executions_explained")
    again = found.figures["executed_again"]
    assert isinstance(again, int)
    return again


@pytest.mark.chaos
async def test_one_of_two_coordinators_is_enough_and_what_is_done_twice_is_counted(
    experiment: Experiment,
) -> None:
    run = await experiment(
        workload=poisson(rate=60, seconds=17),
        schedule=[
            *(crash("coordinator1").at(2.5), restart("coordinator1").at(4.5)),
            *(terminate("coordinator2").at(8), restart("coordinator2").at(10)),
            reset("client→coordinator1", direction="down").between(13, 13.5),
        ],
        system=TWO,
    )
    run.holds(
        *(no_loss(), answered_once(), answers_correct(), deadline_respected()),
        *(books_balance(coordinator="coordinator1"), books_balance(coordinator="coordinator2")),
        *(executions_explained(), goodput_at_least(0.9), recovers_within(seconds=3)),
    )
    assert not through(run, "coordinator1", between=(3, 4.5))
    assert through(run, "coordinator2", between=(3, 4.5))
    # What a coordinator answered into a cut connection was done; of what one had that died, hardly anything is.
    assert 0 < executed_again(run) <= moved(run)
    control = await experiment.control(poisson(rate=60, seconds=5), system=TWO)
    control.holds(executions_explained())
    assert executed_again(control) == moved(control) == 0
    assert all(through(control, each, between=(0, 5)) for each in ("coordinator1", "coordinator2"))
