"""Targets left to chance: whom they can hit, and that a seed hits the same ones again."""

from collections import Counter

import orjson
import pytest
from hypothesis import given, settings

from chaos.bundled import bundled
from chaos.faults import crash, down, latency, partition, pause, repair, restart
from chaos.faults.aim import Aimed, Planned
from chaos.schedule import InvalidSchedule, Schedule
from chaos.targets import all_workers, majority, minority, one_of
from tests.chaos.generated import schedules
from tests.chaos.relay import relay

SYSTEM = bundled(workers=5)


def hit(aimed: Aimed, seed: int = 7, workers: int = 5) -> tuple[str, ...]:
    drawn = Schedule((aimed.between(1, 2),), seed).drawn(bundled(workers=workers))
    return tuple(planned.target for planned in drawn.faults)


@pytest.mark.parametrize(("workers", "few", "many"), [(3, 1, 2), (4, 1, 3), (5, 2, 3)])
def test_a_minority_is_fewer_than_half_a_majority_more_and_all_are_all(workers: int, few: int, many: int) -> None:
    names = {f"worker{number}" for number in range(1, workers + 1)}
    for seed in range(20):
        for target, number in ((minority, few), (majority, many), (all_workers, workers)):
            targets = hit(crash(target), seed, workers)
            assert len(set(targets)) == len(targets) == number
            assert set(targets) <= names


def test_every_worker_has_its_turn() -> None:
    counts = Counter(name for seed in range(200) for name in hit(crash(one_of("worker1", "worker2", "worker3")), seed))
    assert set(counts) == {"worker1", "worker2", "worker3"}
    assert min(counts.values()) > 40


def test_a_fault_on_edges_takes_those_that_lead_to_whom_is_drawn() -> None:
    assert hit(down(all_workers), workers=2) == ("coordinator→worker1", "coordinator→worker2")
    assert set(hit(latency(minority, ms=5))) < {f"coordinator→worker{number}" for number in range(1, 6)}
    assert hit(latency(one_of("client->coordinator"), ms=5)) == ("client→coordinator",)
    assert hit(down(one_of("worker3"))) == ("coordinator→worker3",)


def test_a_partition_stays_one_fault_of_all_the_edges_that_are_drawn_or_that_touch_a_node() -> None:
    assert hit(partition("worker2", "coordinator->worker1")) == ("coordinator→worker1 + coordinator→worker2",)
    assert hit(partition("coordinator"), workers=1) == ("client→coordinator + coordinator→worker1",)
    [drawn] = hit(partition(minority))
    assert drawn.count("→") == 2
    assert hit(partition(all_workers), workers=2) == ("coordinator→worker1 + coordinator→worker2",)


def test_a_partition_takes_out_whoever_is_on_its_other_side() -> None:
    apart = partition("front->back1", "front->back2")
    assert apart.fault.takes_out(relay(), apart.target) == ("back1", "back2")
    assert partition("front->back2").fault.takes_out(relay(), "front→back2") == ("back2",)


def test_the_same_seed_draws_the_same_and_others_others() -> None:
    draws = [hit(crash(minority), seed) for seed in range(20)]
    assert draws == [hit(crash(minority), seed) for seed in range(20)]
    assert len(set(draws)) > 3


def test_a_healing_verb_ends_what_is_drawn_under_the_same_words() -> None:
    schedule = Schedule.of(
        [
            *(crash(minority).at(1), restart(minority).at(3)),
            *(partition(minority, "client->coordinator").at(4), repair(minority, "client→coordinator").at(5)),
        ],
        seed=3,
    ).drawn(bundled(workers=3))
    crashed, apart = schedule.faults
    assert (crashed.start_s, crashed.end_s) == (1, 3)
    assert (apart.start_s, apart.end_s) == (4, 5)
    assert apart.target.startswith("client→coordinator + coordinator→worker")


def test_whoever_is_hit_already_by_the_same_kind_is_not_drawn_again() -> None:
    for seed in range(50):
        schedule = Schedule.of([crash("worker1").between(0, 9), crash(majority).between(1, 3)], seed=seed)
        drawn = schedule.drawn(bundled(workers=3))
        assert sorted(planned.target for planned in drawn.faults) == ["worker1", "worker2", "worker3"]
        again = Schedule.of([crash("worker1").between(0, 1), crash(all_workers).between(1, 3)], seed=seed)
        again.validate(bundled(workers=3))  # one after the other they may


def test_what_is_concrete_stays_as_it_is() -> None:
    schedule = Schedule.of([crash("worker1").at(1), down("coordinator→worker2").between(2, 3)], seed=7)
    assert schedule.drawn(SYSTEM) == schedule
    assert schedule.drawn(SYSTEM).drawn(SYSTEM) == schedule


@settings(deadline=None)
@given(schedules)
def test_a_drawn_schedule_has_nothing_left_to_draw_and_is_the_same_through_json(schedule: Schedule) -> None:
    system = relay()
    read = Schedule.from_json(orjson.loads(orjson.dumps(schedule.to_json())))
    assert read == schedule
    try:
        drawn = schedule.drawn(system)
    except InvalidSchedule as refused:
        assert refused.problems  # noqa: PT017 - both outcomes are right; only others would be wrong
        return
    assert drawn.drawn(system) == drawn == read.drawn(system)
    for planned in drawn.faults:
        assert set(parts(planned)) <= set(system.targets)


def parts(planned: Planned) -> tuple[str, ...]:
    return tuple(planned.target.split(" + "))


def test_everything_that_cannot_be_drawn_is_said_at_once_with_all_else_that_is_wrong() -> None:
    schedule = Schedule.of(
        [
            crash(minority).at(1),
            pause(one_of("back1", "nobody")).at(2),
            crash("back1").at(3),
            crash(all_workers).between(4, 5),
            pause("ghost").at(6),
            partition("back1", "front→back9").between(7, 8),
        ]
    )
    with pytest.raises(InvalidSchedule) as refused:
        schedule.validate(relay())
    assert refused.value.problems == (
        "1 s until the end: crash minority: relay has 2 workers, which have no minority",
        "2 s until the end: pause one_of(back1, nobody): relay has no 'nobody'",
        "4 s to 5 s: crash all_workers: 2 of back1, back2 cannot be drawn, and only 1 are free of crash",
        "6 s until the end: pause ghost: relay has no 'ghost'; it has front, back1, back2",
        "7 s to 8 s: partition front→back1 + front→back9: relay has no 'front→back9'; it has front→back1, front→back2",
    )
    with pytest.raises(ValueError, match="nobody to choose from"):
        one_of()


def test_a_partition_does_not_overlap_with_another_on_any_of_its_edges() -> None:
    schedule = Schedule.of([partition("back1", "back2").between(1, 3), partition("back2").between(2, 4)])
    with pytest.raises(InvalidSchedule, match="partition on front→back2 begins at 2 s while the one before it is in "):
        schedule.validate(relay())
    Schedule.of([partition("back1").between(1, 3), partition("back2").between(2, 4)]).validate(relay())
