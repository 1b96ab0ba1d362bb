"""The laws of the algebra of schedules."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from chaos.composition import nothing, repeat, sequence, together
from chaos.faults import crash, pause, reset, restart, resume
from chaos.schedule import Schedule
from tests.chaos.generated import eighths, schedules

in_its_own_time = settings(deadline=None)  # the machine may be busy with anything else
few = st.integers(0, 4)


@in_its_own_time
@given(schedules, schedules, schedules)
def test_together_is_associative_and_commutative_and_has_an_identity(a: Schedule, b: Schedule, c: Schedule) -> None:
    assert together(together(a, b), c) == together(a, together(b, c)) == together(a, b, c) == a + b + c
    assert together(a, b).faults == together(b, a).faults
    assert together(a, nothing) == together(nothing, a) == together(a) == a
    assert together() == nothing


@in_its_own_time
@given(schedules, schedules, schedules)
def test_sequence_is_associative_and_has_an_identity(a: Schedule, b: Schedule, c: Schedule) -> None:
    assert sequence(sequence(a, b), c) == sequence(a, sequence(b, c)) == sequence(a, b, c)
    assert sequence(a, nothing) == sequence(nothing, a) == sequence(a) == a
    assert sequence(a, b).end_s == a.end_s + b.end_s


@in_its_own_time
@given(schedules, few, few, eighths)
def test_repeating_adds_up(a: Schedule, m: int, n: int, every_s: float) -> None:
    assert repeat(a, times=1, every_s=every_s) == a
    assert repeat(a, times=0, every_s=every_s).faults == ()
    both = together(repeat(a, times=m, every_s=every_s), repeat(a, times=n, every_s=every_s).shifted(m * every_s))
    assert repeat(a, times=m + n, every_s=every_s) == both


@in_its_own_time
@given(schedules, schedules, eighths, eighths)
def test_shifting_adds_up_and_goes_into_each_part(a: Schedule, b: Schedule, s: float, t: float) -> None:
    assert a.shifted(s).shifted(t) == a.shifted(s + t)
    assert a.shifted(0) == a
    assert together(a, b).shifted(s) == together(a.shifted(s), b.shifted(s))
    assert sequence(a, b) == together(a, b.shifted(a.end_s))


@in_its_own_time
@given(schedules, schedules, eighths, eighths)
def test_limiting_keeps_the_first_seconds_and_no_more(a: Schedule, b: Schedule, s: float, t: float) -> None:
    limited = a.limited(s)
    assert all(each.start_s < s and each.end_s is not None and each.end_s <= s for each in limited.faults)
    assert limited.limited(t) == a.limited(min(s, t))
    assert a.limited(math.inf) == a
    assert a.limited(0).faults == ()
    assert together(a, b).limited(s) == together(a.limited(s), b.limited(s))
    assert a.shifted(t).limited(s + t) == a.limited(s).shifted(t)


def test_what_is_composed_may_be_written_as_in_scenarios() -> None:
    composed = sequence(
        [crash("worker1").at(1), restart("worker1").at(2)],
        together(pause("worker2").between(0, 1), [pause("worker3").at(0.5), resume("worker3").at(2)]),
        repeat(reset("coordinator→worker1").between(0, 0.5), times=2, every_s=1),
    )
    assert composed.lines() == (
        "1 s to 2 s: crash worker1",
        "2 s to 3 s: pause worker2",
        "2.5 s to 4 s: pause worker3",
        "4 s to 4.5 s: reset coordinator→worker1 (direction=up)",
        "5 s to 5.5 s: reset coordinator→worker1 (direction=up)",
    )


def test_a_composed_schedule_takes_the_first_seed_there_is_or_that_of_whoever_carries_it_out() -> None:
    assert together(Schedule(), Schedule(seed=7), Schedule(seed=8)).seed == 7
    composed = sequence([crash("worker1").at(1)])
    assert Schedule.of(composed, 9).seed == 9
    assert Schedule.of(Schedule(seed=7), 9).seed == 7
