from __future__ import annotations

from chaos.invariants import load_on_time
from reports.verdict import Finding, Verdict
from tests.chaos.invariants.golden import ask, golden, served


def test_a_load_that_keeps_its_times_is_on_time() -> None:
    run = golden(ask(0, at=1.01, due_s=1.0), ask(1, at=2.0, due_s=2.0))
    assert load_on_time().judge(run) == Finding(
        "load_on_time",
        Verdict.HELD,
        "sent 10.0 ms late at the 99th percentile",
        (),
        {"p99_late_ms": 10.0, "within_ms": 250.0},
    )


def test_a_load_generator_that_falls_behind_decides_nothing() -> None:
    run = golden(ask(0, at=1.0, due_s=1.0), ask(1, at=2.5, due_s=2.0))
    assert load_on_time().judge(run) == Finding(
        "load_on_time",
        Verdict.INCONCLUSIVE,
        "the load generator itself was 500 ms late at the 99th percentile, 250 ms are tolerated",
        (1,),
        {"p99_late_ms": 500.0, "within_ms": 250.0},
    )


def test_one_late_request_of_a_hundred_is_tolerated_and_two_are_not() -> None:
    on_time = served(10, 0.0, 9.8)
    one = golden(on_time, ask(0, at=11.0, due_s=10.0))
    assert load_on_time().judge(one).verdict is Verdict.INCONCLUSIVE  # 1 of 99 is more than one of a hundred
    tolerated = golden(served(10, 0.0, 9.9), ask(0, at=11.0, due_s=10.0))
    assert load_on_time().judge(tolerated).verdict is Verdict.HELD
    assert load_on_time(within_ms=1500).judge(one).verdict is Verdict.HELD


def test_a_workload_without_due_times_cannot_be_late() -> None:
    assert load_on_time().judge(golden(ask(0, at=1.0))) == Finding(
        "load_on_time", Verdict.HELD, "the workload sets no times to be late for"
    )
    assert load_on_time().judge(golden()).verdict is Verdict.INCONCLUSIVE
