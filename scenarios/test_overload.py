"""Three times as much is asked as can be answered, for a while."""

from typing import Final

import pytest

from chaos.bundled import bundled
from chaos.experiment import Experiment
from chaos.invariants import (
    answered_once,
    answers_correct,
    books_balance,
    deadline_respected,
    latency_below,
    logs_complete,
    no_loss,
    queue_bounded,
    reconciled,
    sheds_honestly,
    status_truthful,
    work_conserving,
)
from chaos.workload import closed, poisson

# One request at a time takes 0.075 s on average, so that what the system can do, some 38/s, is not what this machine
# can. The same seed makes the same delays in every run.
QUEUE_LIMIT: Final = 30
SLOW: Final = bundled(
    request_timeout_s=2.0,
    coordinator={"BATCH_SIZE": "1", "QUEUE_LIMIT": str(QUEUE_LIMIT)},
    worker={"MAX_DELAY": "0.15", "SEED": "7"},
)
USUAL: Final = 15.0
THRICE: Final = 115.0
USUAL_MS: Final = 400.0


@pytest.mark.chaos
async def test_overload_is_refused_and_what_is_admitted_is_answered_in_time(experiment: Experiment) -> None:
    peak = await experiment.control(closed(clients=12, seconds=8), system=SLOW)
    run = await experiment(
        workload=poisson(USUAL, seconds=3).then(poisson(THRICE, seconds=7)).then(poisson(USUAL, seconds=5)),
        system=SLOW,
    )
    run.holds(
        *(no_loss(refusals="allowed"), answered_once(), answers_correct(), books_balance()),
        *(reconciled(), logs_complete(), status_truthful(), work_conserving()),
        *(sheds_honestly(at_least=200), queue_bounded(QUEUE_LIMIT), deadline_respected()),
        *(latency_below(2000, since_s=3, until_s=10), latency_below(USUAL_MS, at=0.95, since_s=12)),
    )
    assert len(run.answers(between=(4, 10))) >= 0.9 * len(peak.answers(between=(1.5, 7.5)))
    in_overload = run.latencies_s(between=(5, 10))
    assert sorted(in_overload)[len(in_overload) // 2] * 1000 > USUAL_MS
