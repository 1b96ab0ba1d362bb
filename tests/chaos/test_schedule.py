import math
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaos.faults import blackhole, crash, down, flap, latency, pause, reset, restart, resume, terminate, up
from chaos.faults.aim import Aimed, Planned
from chaos.faults.toxics import Way
from chaos.schedule import InvalidSchedule, Schedule
from tests.chaos.relay import relay

SYSTEM = relay()
in_its_own_time = settings(deadline=None)  # the machine may be busy with anything else
NODES = ("front", "back1", "back2")
EDGES = ("client→front", "front→back1", "front→back2")


@st.composite
def planned(draw: st.DrawFn) -> Planned:
    ways: list[Way] = ["up", "down", "both"]
    way = st.sampled_from(ways)
    node, edge = draw(st.sampled_from(NODES)), draw(st.sampled_from(EDGES))
    ms = draw(st.integers(1, 5000))
    aimed: Aimed = draw(
        st.sampled_from(
            [
                crash(node),
                pause(node),
                down(edge),
                latency(edge, ms=ms, jitter_ms=draw(st.integers(0, ms - 1)), direction=draw(way)),
                blackhole(edge, direction=draw(way)),
                reset(edge, direction=draw(way)),
            ]
        )
    )
    start_s = draw(st.floats(0, 100, allow_nan=False))
    lasts_s = draw(st.none() | st.floats(0.1, 100))
    return aimed.at(start_s) if lasts_s is None else aimed.between(start_s, start_s + lasts_s)


schedules = st.builds(Schedule, st.lists(planned(), max_size=6).map(tuple), st.integers(0, 2**32))


def problems_of(schedule: Schedule) -> list[str]:
    with pytest.raises(InvalidSchedule) as refused:
        schedule.validate(SYSTEM)
    return list(refused.value.problems)


@in_its_own_time
@given(schedules)
def test_json_there_and_back_is_the_same_schedule(schedule: Schedule) -> None:
    assert Schedule.from_json(orjson.loads(orjson.dumps(schedule.to_json()))) == schedule


@in_its_own_time
@given(schedules)
def test_every_fault_has_a_line_that_names_its_target(schedule: Schedule) -> None:
    lines = schedule.lines()
    assert len(lines) == max(1, len(schedule.faults))
    for line, fault in zip(lines, schedule.faults, strict=False):
        assert fault.target in line
        assert fault.fault.kind in line


@in_its_own_time
@given(schedules, schedules, schedules)
def test_schedules_add_like_numbers(first: Schedule, second: Schedule, third: Schedule) -> None:
    assert (first + second) + third == first + (second + third)
    assert first + Schedule() == first
    assert (Schedule(seed=first.seed) + first).faults == first.faults


@in_its_own_time
@given(schedules, st.integers(0, 50), st.integers(0, 50))
def test_shifting_twice_is_shifting_once_further(schedule: Schedule, once: int, twice: int) -> None:
    further = schedule.shifted(once + twice)
    for left, right in zip(schedule.shifted(once).shifted(twice).faults, further.faults, strict=True):
        assert left.start_s == pytest.approx(right.start_s)
        assert left.end_s == (None if right.end_s is None else pytest.approx(right.end_s))
    assert schedule.shifted(0) == schedule


@in_its_own_time
@given(schedules)
def test_valid_or_not_is_said_without_ever_failing_otherwise(schedule: Schedule) -> None:
    try:
        schedule.validate(SYSTEM)
    except InvalidSchedule as refused:
        assert refused.problems  # noqa: PT017 - both outcomes are right; only others would be wrong


def test_a_healing_verb_ends_the_fault_of_its_kind_on_its_target() -> None:
    schedule = Schedule.of(
        [
            crash("back1").at(5),
            pause("back1").at(6),
            restart("back1").at(9),
            down("front -> back2").at(3),
            up("front→back2").at(6),
            crash("back1").at(10),
            resume("back1").at(8),
            latency("client->front", ms=300).between(3, 8),
        ],
        seed=7,
    )
    assert schedule.lines() == (
        "3 s to 8 s: latency client→front (ms=300, jitter_ms=0, direction=down)",
        "3 s to 6 s: down front→back2",
        "5 s to 9 s: crash back1",
        "6 s to 8 s: pause back1",
        "10 s until the end: crash back1",
    )
    assert schedule.seed == 7
    assert schedule.end_s == 10
    schedule.validate(SYSTEM)


def test_one_verb_heals_every_fault_that_names_it_the_latest_first() -> None:
    schedule = Schedule.of(
        [crash("back1").at(1), restart("back1").at(2), terminate("back1").at(3), restart("back1").at(5)]
    )
    assert schedule.lines() == ("1 s to 2 s: crash back1", "3 s to 5 s: terminate back1")


def test_a_schedule_of_a_schedule_is_itself() -> None:
    schedule = Schedule.of([crash("back1").at(5)], seed=7)
    assert Schedule.of(schedule) is schedule


def test_a_healing_verb_that_finds_nothing_open_is_refused_with_all_its_like() -> None:
    with pytest.raises(InvalidSchedule) as refused:
        Schedule.of(
            [
                restart("back1").at(4),
                crash("back1").at(5),
                pause("back2").between(1, 3),
                resume("back2").at(4),
                up("front→back1").at(1),
            ]
        )
    assert refused.value.problems == (
        "up front→back1 at 1 s: no down is open there by then",
        "restart back1 at 4 s: no crash or terminate is open there by then",
        "resume back2 at 4 s: no pause is open there by then",
    )


def test_a_line_that_would_break_nothing_is_refused_and_never_passed_over() -> None:
    with pytest.raises(InvalidSchedule) as refused:
        Schedule.of(
            [
                crash("back1"),  # type: ignore[list-item]
                restart("back1"),  # type: ignore[list-item]
                Schedule.of([pause("back2").at(1)]),  # type: ignore[list-item]
                "pause",  # type: ignore[list-item]
                pause("back2").between(1, 2),
            ]
        )
    assert refused.value.problems == (
        "crash back1: it has no time; add .at(seconds) or .between(start_s, end_s)",
        "restart back1: it has no time; add .at(seconds)",
        "a schedule among faults: add schedules with +, or unpack its .faults",
        "'pause' is neither a fault nor a healing verb",
    )


def test_a_single_line_is_a_schedule_of_one() -> None:
    assert Schedule.of(crash("back1").at(1), 7) == Schedule.of([crash("back1").at(1)], 7)
    with pytest.raises(InvalidSchedule, match=r"crash back1: it has no time; add \.at\(seconds\)"):
        Schedule.of(crash("back1"))  # type: ignore[arg-type]
    with pytest.raises(InvalidSchedule, match="restart back1 at 1 s: no crash or terminate is open there"):
        Schedule.of(restart("back1").at(1))


def test_a_time_that_is_none_is_refused_with_its_verb_and_target() -> None:
    with pytest.raises(TypeError, match=r"^crash back1: 'two' is no number of seconds$"):
        crash("back1").at("two")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^crash back1: None is no number of seconds$"):
        crash("back1").between(1, None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^up front→back1: 'x' is no number of seconds$"):
        up("front->back1").at("x")  # type: ignore[arg-type]


def test_doing_nothing_is_a_schedule() -> None:
    Schedule().validate(SYSTEM)
    assert Schedule().lines() == ("nothing is broken",)
    assert Schedule().end_s == 0
    assert Schedule().repeat(3, every_s=1) == Schedule()


def test_repeating_puts_one_after_the_other() -> None:
    repeated = Schedule.of([reset("front→back1").between(0, 0.5)]).repeat(3, every_s=2)
    assert [(fault.start_s, fault.end_s) for fault in repeated.faults] == [(0, 0.5), (2, 2.5), (4, 4.5)]
    repeated.validate(SYSTEM)


def test_every_problem_is_named_at_once() -> None:
    schedule = Schedule.of(
        [
            crash("back9").at(1),
            down("front→back").at(1),
            crash("front→back1").at(2),
            down("back1").at(2),
            pause("back1").between(5, 4),
            crash("back2").between(-1, 3),
            latency("front→back1", ms=0).between(1, 2),
            crash("back2").at(math.inf),
        ]
    )
    assert problems_of(schedule) == [
        "-1 s to 3 s: crash back2: it begins before the run does",
        "1 s until the end: crash back9: relay has no 'back9'; it has back1, back2",
        "1 s until the end: down front→back: relay has no 'front→back'; it has front→back1, front→back2",
        "1 s to 2 s: latency front→back1 (ms=0, jitter_ms=0, direction=down): ms 0 is less than 1",
        "2 s until the end: down back1: down hits edges only; it could hit front→back1",
        "2 s until the end: crash front→back1: crash hits nodes only; it could hit front, back1",
        "5 s to 4 s: pause back1: it ends before it begins",
        "inf s until the end: crash back2: it never begins",
    ]


def test_two_faults_of_a_kind_may_follow_each_other_on_a_target_but_not_overlap() -> None:
    Schedule.of([crash("back1").between(1, 2), crash("back1").between(2, 3)]).validate(SYSTEM)
    Schedule.of([crash("back1").between(1, 3), pause("back1").between(2, 4)]).validate(SYSTEM)
    Schedule.of([crash("back1").between(1, 3), crash("back2").between(2, 4)]).validate(SYSTEM)
    assert problems_of(Schedule.of([crash("back1").between(1, 3), crash("back1").between(2, 4)])) == [
        "crash on back1 begins at 2 s while the one before it is in force"
    ]
    assert problems_of(Schedule.of([crash("back1").at(1), crash("back1").between(2, 4)])) == [
        "crash on back1 begins at 2 s while the one before it is in force"
    ]


def test_an_edge_that_flaps_is_not_down_as_well() -> None:
    edge = "front→back1"
    Schedule.of([flap(edge).between(1, 2), down(edge).between(2, 3)]).validate(SYSTEM)
    Schedule.of([flap(edge).between(1, 3), down("front→back2").between(2, 3)]).validate(SYSTEM)
    assert problems_of(Schedule.of([flap(edge).between(1, 3), down(edge).at(2), flap("back1").at(5)])) == [
        "5 s until the end: flap back1 (every_ms=1000, down_ms=500): flap hits edges only; it could hit front→back1",
        "down on front→back1 begins at 2 s while flap is in force there: each would undo the other",
    ]


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ([], r"fault 1: \[\] is not an object"),
        ({"kind": "fire", "target": "back1", "start_s": 1}, r"fault 1: no fault is called 'fire'"),
        ({"kind": "crash", "target": 1, "start_s": 1}, "fault 1: kind and target are texts"),
        ({"kind": "crash", "target": "back1"}, "fault 1: start_s None is not a number"),
        ({"kind": "crash", "target": "back1", "start_s": True}, "fault 1: start_s True is not a number"),
        ({"kind": "crash", "target": "back1", "start_s": 1, "stop": 2}, "fault 1: unknown field 'stop'"),
        ({"kind": "latency", "target": "x", "parameters": {"s": 1}, "start_s": 1}, "latency has no parameter 's'"),
    ],
)
def test_a_schedule_file_with_a_wrong_fault_is_refused_with_its_number(entry: Any, complaint: str) -> None:
    with pytest.raises(InvalidSchedule, match=complaint):
        Schedule.from_json({"version": 1, "faults": [entry]})


def test_a_schedule_file_of_another_form_is_refused() -> None:
    with pytest.raises(InvalidSchedule, match="version 2 is not known here, only 1"):
        Schedule.from_json({"version": 2, "faults": []})
    with pytest.raises(InvalidSchedule, match=r"(?s)seed 'x' is not a whole number.*faults None is not a list"):
        Schedule.from_json({"version": 1, "seed": "x"})
