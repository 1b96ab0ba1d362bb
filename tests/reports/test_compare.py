"""Whether runs differ: never said of equals more often than promised, found where it is so, and nothing in between."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from reports.compare import (
    PAIRS,
    Comparison,
    Conclusion,
    Rules,
    Sample,
    compare_sets,
    leaves_out_zero,
    sample,
    take_turns,
)
from reports.record import Record
from reports.seconds import compare_runs
from tests.chaos.invariants.golden import golden, served

BEGAN = datetime(2026, 1, 2, tzinfo=UTC)


def runs(
    values: Sequence[float], *, turns: Sequence[int], measure: str = "p50", noisy: str | None = None
) -> list[Sample]:
    return [
        Sample(f"run{turn}", (BEGAN + timedelta(minutes=turn)).isoformat(), {measure: value}, noisy)
        for value, turn in zip(values, turns, strict=True)
    ]


def in_turns(first: Sequence[float], second: Sequence[float]) -> tuple[list[Sample], list[Sample]]:
    """Counter-balanced: first second, second first, …"""
    turns = [(2 * at, 2 * at + 1) if at % 2 == 0 else (2 * at + 1, 2 * at) for at in range(len(first))]
    return runs(first, turns=[one for one, _ in turns]), runs(second, turns=[other for _, other in turns])


def one_after_the_other(first: Sequence[float], second: Sequence[float]) -> tuple[list[Sample], list[Sample]]:
    return runs(first, turns=range(len(first))), runs(second, turns=range(100, 100 + len(second)))


def of(measure: str, found: Sequence[Comparison]) -> Comparison:
    (only,) = (each for each in found if each.measure == measure)
    return only


def test_turns_are_recognised_by_when_runs_began() -> None:
    assert take_turns(*in_turns([1, 2, 3], [1, 2, 3]))
    assert not take_turns(*one_after_the_other([1, 2, 3], [1, 2, 3]))
    assert not take_turns(*one_after_the_other([1, 2, 3], [1, 2]))


def test_pairs_that_all_differ_by_the_same_are_different_by_exactly_that() -> None:
    first = [50.0, 90.0, 70.0, 60.0, 85.0, 55.0]
    found = of("p50", compare_sets(*in_turns(first, [each + 10 for each in first])))
    assert found.conclusion is Conclusion.DIFFERENT
    assert found.difference == pytest.approx(10)
    assert (found.low, found.high, found.unit) == (10, 10, "ms")
    assert found.first == pytest.approx(68.333, abs=0.001)


def test_the_same_numbers_that_did_not_take_turns_are_too_noisy() -> None:
    first = [50.0, 90.0, 70.0, 60.0, 85.0, 55.0]
    found = of("p50", compare_sets(*one_after_the_other(first, [each + 10 for each in first])))
    assert found.conclusion is Conclusion.TOO_NOISY
    assert found.why == "a difference of 6.83 ms would matter"
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0 < found.high


def test_what_an_interval_leaves_out_and_a_relabelling_shows_is_too_noisy_and_says_so() -> None:
    found = of("p50", compare_sets(*in_turns([50.0] * 6, [60.0, 60.0, 60.0, 60.0, 60.0, 49.0])))
    assert found.low is not None
    assert found.low > 0
    assert found.conclusion is Conclusion.TOO_NOISY
    # Of 64 ways to swap sides, these differences are as large, either way: none swapped, and the last alone.
    assert found.why == "among equals 6% of relabellings differ as much; a difference of 5 ms would matter"


def test_values_that_hardly_vary_show_no_difference() -> None:
    found = of(
        "p50", compare_sets(*in_turns([50.0, 50.5, 49.5, 50.2, 49.9, 50.1], [50.1, 50.2, 49.8, 50.0, 50.2, 50.0]))
    )
    assert found.conclusion is Conclusion.NONE_SHOWN


def test_too_few_runs_tell_nothing_however_clear_they_look() -> None:
    few = PAIRS - 1
    found = of("p50", compare_sets(*in_turns([10.0] * few, [90.0] * few)))
    assert (found.conclusion, found.why) == (Conclusion.TOO_NOISY, "5 runs; 6 pairs are needed")
    assert found.difference == 80.0
    apart = of("p50", compare_sets(*one_after_the_other([10.0] * 3, [90.0] * 9)))
    assert apart.why == "3 runs; 4 runs on each side are needed"


def test_what_one_side_never_measured_is_not_compared() -> None:
    found = of("recovery", compare_sets(*in_turns([1.0] * 6, [2.0] * 6)))
    assert (found.conclusion, found.first, found.second) == (Conclusion.TOO_NOISY, None, None)


def test_a_difference_on_a_noisy_machine_is_none() -> None:
    first, second = in_turns([10.0, 11.0, 10.5, 10.2, 10.7, 10.1], [90.0, 91.0, 90.5, 90.2, 90.7, 90.1])
    assert of("p50", compare_sets(first, second)).conclusion is Conclusion.DIFFERENT
    spoiled = [*second[:-1], Sample(second[-1].run, second[-1].started, second[-1].values, "the machine was too noisy")]
    found = of("p50", compare_sets(first, spoiled))
    assert (found.conclusion, found.why) == (Conclusion.TOO_NOISY, "run10: the machine was too noisy")


@pytest.mark.parametrize("taking", [in_turns, one_after_the_other], ids=["pairs", "apart"])
def test_equals_are_called_different_no_more_often_than_promised_and_a_shift_is_found(taking: object) -> None:
    assert callable(taking)
    rng = random.Random(7)

    def called_different(shift: float) -> int:
        called = 0
        for _ in range(TRIALS):
            machine = [rng.gauss(100, 3) for _ in range(6)]  # good and bad minutes, which pairs share
            first = [each + rng.gauss(0, 5) for each in machine]
            second = [each + shift + rng.gauss(0, 5) for each in machine]
            called += of("p50", compare_sets(*taking(first, second))).conclusion is Conclusion.DIFFERENT
        return called

    assert called_different(0) <= 0.1 * TRIALS  # 5 % are promised; of 100 trials, more than 10 come of it once in 90
    assert called_different(25) >= 0.9 * TRIALS


TRIALS = 100


def run(seed: int, *, took_s: float, rate: float = 20, seconds: int = 30) -> Record:
    rng = random.Random(seed)
    asked = [
        served(number, number / rate, number / rate + 0.1, took=rng.expovariate(1 / took_s))
        for number in range(round(rate * seconds))
    ]
    return golden(*asked, facts={"started": BEGAN.isoformat()})


def test_two_runs_of_equals_show_no_difference_and_of_unequals_do() -> None:
    first, same, slow = run(1, took_s=0.05), run(2, took_s=0.05), run(3, took_s=0.1)
    equals = compare_runs(first, same, Rules(resolution=0.5))
    assert {each.measure for each in equals} == {"goodput", "p50", "p99", "retries", "lost"}
    assert Conclusion.DIFFERENT not in {each.conclusion for each in equals}
    assert of("p50", equals).conclusion is Conclusion.NONE_SHOWN
    found = of("p50", compare_runs(first, slow))
    assert found.conclusion is Conclusion.DIFFERENT
    assert found.difference is not None
    assert 20 < found.difference < 60
    assert found.low is not None
    assert 0 < found.low < found.difference


def test_a_short_run_is_too_noisy_and_says_how_long_one_must_be() -> None:
    found = of("p50", compare_runs(run(1, took_s=0.05, seconds=8), run(2, took_s=0.05, seconds=30)))
    assert (found.conclusion, found.why) == (Conclusion.TOO_NOISY, "7 whole seconds of load; 10 are needed")


def now_and_then(seed: int, *, seconds: int = 13, requests: int = 26) -> Record:
    """At random moments, so that few of the seconds have as many as others."""
    rng = random.Random(seed)
    due = sorted([0.0, float(seconds), *(rng.uniform(0, seconds) for _ in range(requests - 2))])
    return golden(*(served(number, at, at + 0.1, took=rng.uniform(0.01, 0.03)) for number, at in enumerate(due)))


def test_two_runs_with_hardly_enough_answers_have_an_interval_that_decides() -> None:
    """Of whose seconds many a resample has fewer answers than the whole must have."""
    for seed in range(3):
        for each in compare_runs(now_and_then(seed), now_and_then(seed + 100)):
            assert each.low is not None
            assert each.high is not None
            assert each.low <= each.high
            assert (each.conclusion is Conclusion.DIFFERENT) is (not each.low <= 0 <= each.high)


def test_seconds_of_which_most_are_empty_cannot_be_resampled_and_say_so() -> None:
    crowd = [served(at, 5.1, 5.2) for at in range(30)]
    once = golden(served(100, 0.0, 0.1), *crowd, served(101, 12.0, 12.1))
    found = of("p50", compare_runs(once, once))
    assert (found.conclusion, found.low) == (Conclusion.TOO_NOISY, None)
    assert found.why == "so little was measured that some of the seconds say nothing"


def test_nothing_asked_is_compared_to_nothing() -> None:
    assert {each.first for each in compare_runs(golden(), run(1, took_s=0.05))} == {None}


def test_a_sample_has_what_the_run_measured() -> None:
    found = sample(run(1, took_s=0.05), "any", recovery_s=1.5)
    assert found.values.keys() == {"goodput", "p50", "p99", "recovery", "retries", "lost"}
    assert (found.values["recovery"], found.values["lost"], found.noisy) == (1.5, 0.0, None)
    assert sample(golden(), "none").values == {}


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0.1, 0.2, True), (-0.2, -0.1, True), (-0.1, 0.1, False), (0.0, 0.1, False), (-0.1, 0.0, False)],
)
def test_an_interval_that_touches_zero_does_not_leave_it_out(low: float, high: float, expected: bool) -> None:
    assert leaves_out_zero(low, high) is expected
