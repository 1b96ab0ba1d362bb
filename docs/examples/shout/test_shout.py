"""What the service promises, while it is broken."""

import pytest
from shout import shout

from chaos.experiment import Experiment
from chaos.faults import crash, latency, restart
from chaos.invariants import answers_correct, latency_below, no_loss, recovers_within
from chaos.workload import burst, poisson


@pytest.mark.chaos
async def test_a_dead_shouter_is_stood_in_for(experiment: Experiment) -> None:
    run = await experiment(
        workload=burst(size=10, every=0.5, seconds=11),
        schedule=[crash("shouter1").at(2), restart("shouter1").at(5)],
        system=shout(),
    )
    run.holds(no_loss(), answers_correct(), recovers_within(seconds=3))


@pytest.mark.chaos
async def test_a_slow_shouter_costs_time_and_nothing_else(experiment: Experiment) -> None:
    run = await experiment(
        workload=poisson(rate=25, seconds=7),
        schedule=latency("desk->shouter2", ms=200).between(1.5, 6),
        system=shout(),
    )
    run.holds(no_loss(), answers_correct(), latency_below(ms=2500))
