"""Runs in virtual time: what they show, and that the same run leaves the same history."""

from collections import Counter

import pytest

from chaos.bundled import bundled
from chaos.clusters.simulated.cluster import NotSimulated
from chaos.clusters.simulated.simulate import SimulatedRecord, simulate
from chaos.faults import (
    bandwidth,
    blackhole,
    crash,
    crash_on,
    down,
    fail_rpc,
    flap,
    latency,
    limit_data,
    partition,
    pause,
    reset,
    slice,  # noqa: A004 - its name everywhere
    slow_close,
    slow_model,
    starve_cpu,
    terminate,
)
from chaos.faults.aim import Aimed
from chaos.invariants import (
    answered_once,
    answers_correct,
    books_balance,
    faults_bit,
    no_loss,
    nodes_stay_up,
    poison_isolated,
    reconciled,
)
from chaos.targets import all_workers
from chaos.workload import poisson
from reports.history import OpType
from reports.verdict import Verdict
from tests.chaos.relay import relay

LOAD = poisson(rate=20, seconds=8)
EDGE = "coordinator→worker1"


def written(record: SimulatedRecord) -> bytes:
    return b"".join(op.to_json() for op in record.history)


def outcomes(record: SimulatedRecord) -> Counter[OpType]:
    return Counter(request.outcome for request in record.requests)


@pytest.mark.parametrize(
    "aimed",
    [
        *(crash("worker1"), pause("worker1"), terminate("worker1")),
        *(latency(EDGE, ms=300), blackhole(EDGE), reset(EDGE), reset(EDGE, direction="down"), down(EDGE)),
        *(latency("client→coordinator", ms=100), starve_cpu("worker1"), slow_model("worker1", ms=200)),
        *(fail_rpc("worker1", nth=2, times=3), fail_rpc("worker1", status="INTERNAL", computed=True)),
        *(bandwidth(EDGE, kb_per_s=1), slice(EDGE, size=8), slow_close(EDGE, ms=200), limit_data(EDGE, bytes=2000)),
        *(limit_data(EDGE, bytes=40), flap(EDGE, every_ms=600, down_ms=300), partition("worker1")),
    ],
    ids=lambda aimed: f"{aimed.fault} {aimed.target}",
)
def test_a_fault_on_one_of_three_workers_bites_and_loses_nothing(aimed: Aimed) -> None:
    record = simulate(LOAD, [aimed.between(2, 5)], seed=3)
    for judge in (no_loss(), answered_once(), answers_correct(), books_balance(), faults_bit(), nodes_stay_up()):
        finding = judge.judge(record)
        assert finding.verdict is Verdict.HELD, finding
    assert outcomes(record)[OpType.OK] > 100


def test_poison_kills_two_of_three_workers_and_no_more() -> None:
    load = poisson(rate=20, seconds=8).sending("a film that kills", at=3)
    poisoned = crash_on(all_workers, text="that kills").between(1, 7)
    record = simulate(load, [poisoned], system=bundled(restart_after_s=0.5), seed=3)
    for judge in (answered_once(), books_balance(), faults_bit(), poison_isolated("a film that kills", kills=2)):
        finding = judge.judge(record)
        assert finding.verdict is Verdict.HELD, finding


@pytest.mark.parametrize("aimed", [crash("coordinator"), pause("coordinator"), terminate("coordinator")])
def test_a_fault_on_the_coordinator_bites_and_it_comes_back(aimed: Aimed) -> None:
    record = simulate(LOAD, [aimed.between(2, 4)], seed=3)
    assert faults_bit().judge(record).verdict is Verdict.HELD
    assert record.requests[-1].outcome is OpType.OK


def test_the_same_seed_leaves_the_same_history_and_another_one_another() -> None:
    schedule = [crash("worker1").between(1, 3), latency("coordinator→worker2", ms=50, jitter_ms=20).between(2, 6)]
    first, again, other = (simulate(LOAD, schedule, seed=seed) for seed in (5, 5, 6))
    assert written(first) == written(again)
    assert written(first) != written(other)


def test_what_the_nodes_logged_is_judged_though_it_is_on_no_disk() -> None:
    record = simulate(LOAD, [pause("worker1").between(2, 4)], seed=3)
    assert reconciled().judge(record).verdict is Verdict.HELD
    assert answered_once().judge(record).figures["accounts"] == "clients, log, ledger"


def test_a_system_that_nothing_stands_for_is_refused_and_told_why() -> None:
    with pytest.raises(NotSimulated, match=r"cannot be simulated: nothing stands for .*--substrate local"):
        simulate(LOAD, seed=1, system=relay())


def test_settings_that_would_be_ignored_are_refused() -> None:
    with pytest.raises(Exception, match="coordinator: API_KEYS is nothing that the simulated substrate knows"):
        simulate(LOAD, seed=1, system=bundled(coordinator={"API_KEYS": "a:b"}))
