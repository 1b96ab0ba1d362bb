"""One worker of three says that it is well and refuses all it is given, faster than the others could compute it."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from chaos.bundled import bundled
from chaos.experiment import Experiment
from chaos.invariants import (
    answered_once,
    answers_correct,
    books_balance,
    latency_below,
    logs_complete,
    no_loss,
    reconciled,
    status_truthful,
)
from chaos.run import Run
from chaos.system_under_test import Node, SystemUnderTest
from chaos.workload import poisson
from scenarios import fail_fast_twin

HERE: Final = Path(__file__).parent
FAIL_FAST: Final = ("{python}", "fail_fast_worker.py")
# Batches take 0.05 s on average at the others: whoever is idle first is always the one that fails.
BUSY: Final = bundled(coordinator={"BATCH_SIZE": "8"}, worker={"MAX_DELAY": "0.1"})


def with_a_failing_worker3(system: SystemUnderTest) -> SystemUnderTest:
    def failing(node: Node) -> Node:
        if node.name != "worker3":
            return node
        return replace(node, command=FAIL_FAST, directory=HERE, twin=fail_fast_twin.main)

    return replace(system, nodes=tuple(map(failing, system.nodes)))


def refusals(run: Run) -> int:
    return sum(line.get("event") == "refused" for line in run.record.log("worker3"))


@pytest.mark.chaos
async def test_a_worker_that_fails_fast_does_not_attract_the_traffic(experiment: Experiment) -> None:
    run = await experiment(workload=poisson(rate=40, seconds=9), system=with_a_failing_worker3(BUSY))
    run.holds(
        no_loss(),
        answered_once(),
        answers_correct(),
        books_balance(),
        latency_below(1500),
        *(reconciled(), logs_complete(), status_truthful()),
    )
    assert not run.answers("worker3")
    # It is given a batch now and then, in order to notice when it has recovered.
    assert 0 < refusals(run) <= 0.05 * len(run.record.requests)
    control = await experiment.control(poisson(rate=40, seconds=4), system=BUSY)
    assert len(control.answers("worker3")) > 0.2 * len(control.record.requests)
