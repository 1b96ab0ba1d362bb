"""Figures, computed by hand beside what the code computes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.history import History, OpType
from reports.measure import (
    Figures,
    SteadyState,
    Stretch,
    TooFewPoints,
    figures,
    latencies_ms,
    quantile,
    steady_state,
    surviving_capacity,
)
from reports.record import Record
from tests.chaos.invariants.golden import FACTS, ask, fail, golden, info, ok, served, window
from tests.reports.written import histories


@pytest.mark.parametrize(
    ("values", "q", "expected"),
    [
        ([], 0.5, None),
        ([7.0], 0.99, 7.0),
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        ([1.0, 2.0, 3.0, 4.0], 0.5, 2.0),
        ([2.0, 1.0], 0.0, 1.0),
    ],
)
def test_a_quantile_is_the_nearest_rank(values: list[float], q: float, expected: float | None) -> None:
    assert quantile(values, q) == expected
    assert quantile(range(1, 101), 0.99) == 99


@given(st.lists(st.integers(), min_size=1), st.floats(0, 1))
def test_a_quantile_occurred_and_enough_values_do_not_exceed_it(values: list[int], q: float) -> None:
    found = quantile(values, q)
    assert found in values
    assert sum(value <= found for value in values) >= q * len(values)
    assert sum(value < found for value in values) <= q * len(values)


def test_figures_of_a_small_run() -> None:
    run = golden(
        ask(0, at=1.0, due_s=1.0),
        ok(0, at=1.25, retries=2),
        ask(1, at=2.0, due_s=1.5),
        ok(1, at=3.0),
        ask(2, at=2.5, due_s=2.5),
        fail(2, at=2.6),
        ask(3, at=3.0, due_s=3.0),
        info(3, at=9.0, retries=1),
        ask(4, at=3.0, due_s=3.0),
    )
    assert latencies_ms(run.requests) == [250.0, 1500.0]
    assert run.moments.answered_s == [1.25, 3.0]
    found = figures(run.requests)
    assert found == Figures(5, 2, 1, 2, 1.0, 250.0, 1500.0, 3)
    assert found.to_json() == {
        "requests": 5,
        "ok": 2,
        "failed": 1,
        "unknown": 2,
        "goodput_rps": 1.0,
        "p50_ms": 250.0,
        "p99_ms": 1500.0,
        "retries": 3,
        "refused": 0,
    }


def test_who_was_turned_away_as_promised_is_not_among_the_lost() -> None:
    run = golden(
        *(ask(0, at=1.0), fail(0, at=1.1, status=503, retry_after="2")),
        *(ask(1, at=1.0, refused=422), fail(1, at=1.1, status=422)),
        *(ask(2, at=1.0), fail(2, at=1.1, status=503)),  # and nobody said when to come again
        *(ask(3, at=1.0), fail(3, at=1.1, status=422)),  # of an input that was to be answered
        *(ask(4, at=1.0), info(4, at=1.1, status=504)),
    )
    found = figures(run.requests)
    assert (found.failed, found.unknown, found.refused) == (4, 1, 2)


def test_figures_of_nothing_and_of_nothing_answered() -> None:
    assert figures(()) == Figures(0, 0, 0, 0, None, None, None, 0)
    assert figures(golden(ask(0, at=1.0)).requests) == Figures(1, 0, 0, 1, 0.0, None, None, 0)
    at_once = golden(ask(0, at=1.0), ok(0, at=1.0))
    assert figures(at_once.requests) == Figures(1, 1, 0, 0, None, 0.0, 0.0, 0)


@given(histories())
def test_every_request_ended_in_one_way(history: History) -> None:
    found = figures(history.requests)
    assert found.requests == found.ok + found.failed + found.unknown == len(history.requests)
    assert (found.p50_ms is None) == (found.ok == 0)
    assert found.p50_ms is None or found.p99_ms is None or 0 <= found.p50_ms <= found.p99_ms


def test_the_steady_state_is_what_was_answered_between_the_warm_up_and_the_first_fault() -> None:
    # Due every 0.1 s from 1 s on and answered 20 ms later: 15 of the answers before 3 s are after the warm-up of 0.5 s.
    run = golden(served(0, 1.0, 6.0), window("pause", "worker1", 4.0, 5.0), window("crash", "worker2", 3.0, 4.0))
    steady = steady_state(run, at_least=15)
    assert isinstance(steady, SteadyState)
    assert (steady.start_s, steady.end_s, steady.count, steady.goodput_rps) == (1.5, 3.0, 15, 10.0)
    assert [steady.p50_ms, steady.p99_ms] == pytest.approx([20.0, 20.0])
    few = steady_state(run, at_least=16)
    assert few == TooFewPoints(15, 16)
    assert str(few) == "no steady state: 15 answers before the first fault, 16 are needed"
    cold = steady_state(run, warm_up_s=0.0)
    assert isinstance(cold, SteadyState)
    assert (cold.start_s, cold.count, cold.goodput_rps) == (1.0, 20, 10.0)


def test_a_request_that_was_out_when_the_fault_struck_is_not_steady_state() -> None:
    run = golden(served(0, 0.0, 5.0), ask(900, at=4.9), ok(900, at=9.0), window("crash", "worker1", 5.0, 6.0))
    steady = steady_state(run)
    assert isinstance(steady, SteadyState)
    assert steady.p99_ms == pytest.approx(20.0)


def test_failures_are_no_steady_state_and_a_control_run_is_one_from_end_to_end() -> None:
    assert steady_state(golden(served(0, 0.0, 5.0, answer=OpType.FAIL))) == TooFewPoints(0, 20)
    assert steady_state(golden()) == TooFewPoints(0, 20)
    whole = steady_state(golden(served(0, 0.0, 5.1)))
    assert isinstance(whole, SteadyState)
    assert (whole.start_s, whole.end_s, whole.count) == (0.5, 5.0, 45)


def test_capacity_survives_in_the_nodes_that_no_open_window_takes_out() -> None:
    run = golden(
        window("crash", "worker1", 1.0, 4.0),
        window("pause", "worker2", 3.0, 5.0),
        window("latency", "coordinator→worker3", 2.0, 6.0, takes_out=()),
    )
    assert surviving_capacity(run, 0.0, 7.0) == (
        Stretch(0.0, 1.0, 1.0),
        Stretch(1.0, 2.0, 2 / 3),
        Stretch(2.0, 3.0, 2 / 3),
        Stretch(3.0, 4.0, 1 / 3),
        Stretch(4.0, 5.0, 2 / 3),
        Stretch(5.0, 6.0, 1.0),
        Stretch(6.0, 7.0, 1.0),
    )


def test_two_faults_on_one_node_take_it_out_once_and_an_open_one_until_the_end() -> None:
    run = golden(window("crash", "worker1", 1.0, None), window("pause", "worker1", 1.0, None))
    assert surviving_capacity(run, 2.0, 3.0) == (Stretch(2.0, 3.0, 2 / 3),)


def test_nodes_count_by_their_capacity_and_without_the_coordinator_nothing_is_left() -> None:
    facts = {"system": {"nodes": [{"name": "big", "capacity": 3}, {"name": "small", "capacity": 1}, {"name": "door"}]}}
    run = golden(window("crash", "big", 1.0, 2.0), window("crash", "door", 2.0, 3.0), facts=facts)
    assert [each.share for each in surviving_capacity(run, 1.0, 4.0)] == [0.25, 0.0, 1.0]


@given(histories())
def test_surviving_capacity_covers_its_time_without_gaps(history: History) -> None:
    stretches = surviving_capacity(Record(FACTS, history), 1.0, 20.0)
    assert stretches[0].start_s == 1.0
    assert stretches[-1].end_s == 20.0
    assert all(a.end_s == b.start_s for a, b in pairwise(stretches))
    assert all(0.0 <= each.share <= 1.0 for each in stretches)
