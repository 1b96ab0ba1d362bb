"""No worker at all for four seconds under 70 % load."""

from __future__ import annotations

from typing import Final

import pytest

from chaos.experiment import Experiment
from chaos.faults import crash
from chaos.invariants import answered_once, answers_correct, books_balance, no_loss
from chaos.workload import poisson
from tests.endurance.capacity import SHARE, WORKERS, capacity_rps, delayed
from tests.endurance.conftest import Report
from tests.endurance.redirects import Redirects

pytestmark = [pytest.mark.endurance, pytest.mark.timeout(600)]

FROM_S: Final = 4.0
OUT_S: Final = 4.0
SECONDS: Final = 30.0  # the backlog of the outage is worked off with the third of the capacity that is spare


async def test_requests_outlive_four_seconds_without_a_worker(experiment: Experiment, report: Report) -> None:
    system = delayed()
    capacity = await capacity_rps(experiment, system)
    run = await experiment(
        poisson(SHARE * capacity, SECONDS),
        [crash(f"worker{number}").between(FROM_S, FROM_S + OUT_S) for number in range(1, WORKERS + 1)],
        system=system,
    )
    figures = {"largest_latency_s": round(run.largest_latency_s, 2), **Redirects.of([run]).to_json()}
    report({"capacity_rps": round(capacity, 1), **figures})
    run.holds(no_loss(), answered_once(), answers_correct(), books_balance())
    assert run.largest_latency_s >= OUT_S - 1.0
