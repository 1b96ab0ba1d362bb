"""A worker is killed by the kernel for want of memory, with a batch in its hands."""

from typing import Final

import pytest

from chaos.bundled import bundled
from chaos.experiment import Experiment
from chaos.faults import limit_memory, unlimit_memory
from chaos.invariants import answered_once, answers_correct, books_balance, no_loss, reconciled, recovers_within
from chaos.workload import Workload, burst

BUSY: Final = bundled(coordinator={"BATCH_SIZE": "8"}, worker={"MAX_DELAY": "0.1"})
BURSTS: Final = burst(size=48, every=4, seconds=12, rate=30)


def with_long_texts(workload: Workload, *, at: float, times: int) -> Workload:
    """Full batches of them take a worker tens of MiB that it never needed before."""
    for number in range(times):
        workload = workload.sending(f"{number} times " + "a good film that goes on and on and never ends " * 20, at=at)
    return workload


@pytest.mark.chaos
@pytest.mark.only_on("docker")
async def test_a_worker_that_runs_out_of_memory_in_a_batch_loses_nothing(experiment: Experiment) -> None:
    run = await experiment(
        workload=with_long_texts(BURSTS, at=4, times=48),
        schedule=[limit_memory("worker1", mib=1, spare=True).at(3), unlimit_memory("worker1").at(7)],
        system=BUSY,
    )
    run.holds(
        *(no_loss(), answered_once(), answers_correct(), books_balance(), reconciled()),
        recovers_within(seconds=3),
    )
    assert run.retries > 0
    assert not run.answers("worker1", between=(6, 7))
    assert run.answers("worker1", between=(10, 12))
    control = await experiment.control(BURSTS, system=BUSY)
    assert control.retries == 0
    assert control.answers("worker1", between=(6, 7))
