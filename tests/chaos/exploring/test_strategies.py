"""What is generated keeps within its limits, by a model that knows nothing of how limits are kept."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from random import Random

import pytest
from hypothesis import find, given, settings

from chaos.bundled import bundled
from chaos.exploring.limits import Limits, site
from chaos.exploring.strategies import FAULTS, schedules, workloads
from chaos.faults import blackhole, crash, down, latency, pause
from chaos.schedule import Schedule
from chaos.system_under_test import CLIENT, SystemUnderTest
from chaos.workload import Workload
from tests.chaos.relay import relay

SYSTEMS = {"bundled": bundled(), "two workers": bundled(2), "relay": relay()}
STEP_S = 0.1  # all times are whole tenths, so half a step after each of them stands for the step
END_S = 16


def longest_silence_s(schedule: Schedule, system: SystemUnderTest, *, back_s: float) -> float:
    """Looks at every moment of the run whether anybody can be reached, by taking away all that is broken."""
    longest = silent = 0
    for step in range(int(END_S / STEP_S)):
        now = (step + 0.5) * STEP_S
        broken = {
            planned.target
            for planned in schedule.faults
            if planned.fault.takes_out(system, planned.target)
            and planned.start_s
            <= now
            < (planned.end_s or END_S) + back_s * (planned.fault.kind in ("crash", "terminate"))
        }
        silent = 0 if any(reachable(system, broken)) else silent + 1
        longest = max(longest, silent)
    return longest * STEP_S


def reachable(system: SystemUnderTest, broken: set[str]) -> list[str]:
    met, reached = {CLIENT}, set[str]()
    while met:
        reached |= met
        met = {
            edge.target
            for edge in system.edges
            if edge.source in reached and not {edge.name, edge.target} & broken and edge.target not in reached
        }
    return [node.name for node in system.nodes if node.capacity and node.name in reached]


@pytest.mark.parametrize(("name", "outage_s"), [("bundled", 0.0), ("two workers", 4.0), ("relay", 4.0)])
def test_every_schedule_leaves_the_system_what_it_needs_to_keep_its_promises(name: str, outage_s: float) -> None:
    system = SYSTEMS[name]
    limits = Limits(seconds=12, outage_s=outage_s, most=5)
    outages = []

    @given(schedules(system, limits))
    @settings(max_examples=100, derandomize=True)
    def keeps(schedule: Schedule) -> None:
        schedule.validate(system)
        assert len(schedule.faults) <= 5
        assert all(0.5 <= each.start_s < (each.end_s or 99) <= 11 for each in schedule.faults)
        by_site: dict[str, list[tuple[float, float]]] = {}
        for each in schedule.faults:
            by_site.setdefault(site(each.target), []).append((each.start_s, each.end_s or 99))
        assert all(
            first[1] + 0.499 <= second[0] for times in by_site.values() for first, second in pairwise(sorted(times))
        )
        outages.append(longest_silence_s(schedule, system, back_s=limits.back_s))
        assert outages[-1] <= outage_s + STEP_S / 2
        assert list(limits.problems(schedule, system)) == []

    keeps()
    assert (max(outages) > 0) == (outage_s > 0)  # what is allowed is made use of


@given(schedules())
def test_a_schedule_is_the_same_after_a_journey_through_json(schedule: Schedule) -> None:
    assert Schedule.from_json(schedule.to_json()) == schedule


def test_every_kind_and_every_worker_is_hit() -> None:
    kinds, targets = set[str](), set[str]()

    @given(schedules(limits=Limits(seconds=12), kinds=tuple(FAULTS)))
    @settings(max_examples=400, derandomize=True)
    def note(schedule: Schedule) -> None:
        kinds.update(each.fault.kind for each in schedule.faults)
        targets.update(site(each.target) for each in schedule.faults)

    note()
    assert kinds == FAULTS.keys()
    assert targets == {"worker1", "worker2", "worker3"}


def smallest(condition: Callable[[Schedule], bool]) -> tuple[str, ...]:
    return find(schedules(), condition, random=Random(7), settings=settings(max_examples=5000, database=None)).lines()


def test_what_any_schedule_fails_shrinks_to_none_at_all() -> None:
    assert smallest(lambda _: True) == ("nothing is broken",)


def test_what_one_fault_fails_shrinks_to_that_fault_early_short_and_of_the_simplest_kind() -> None:
    assert smallest(lambda schedule: bool(schedule.faults)) == ("0.5 s to 1 s: crash worker1",)


def test_what_two_faults_fail_shrinks_to_two() -> None:
    def overlapping(schedule: Schedule) -> bool:
        return any(
            later.start_s < (earlier.end_s or 99)
            for earlier, later in pairwise(sorted(schedule.faults, key=lambda each: each.start_s))
        )

    assert smallest(overlapping) == ("0.5 s to 1 s: crash worker1", "0.5 s to 1 s: crash worker2")


def test_workers_are_lost_at_once_or_one_well_after_the_other() -> None:
    apart = list[float]()

    @given(schedules(kinds=("crash", "down")))
    @settings(max_examples=100, derandomize=True)
    def note(schedule: Schedule) -> None:
        starts = [each.start_s for each in schedule.faults]
        apart.extend(later - earlier for earlier, later in pairwise(starts) if later > earlier)

    note()
    assert min(apart) >= Limits(seconds=12).apart_s


def test_what_needs_one_kind_keeps_it() -> None:
    lines = smallest(lambda schedule: any(each.fault.kind == "latency" for each in schedule.faults))
    assert lines == ("0.5 s to 1 s: latency coordinator→worker1 (ms=100, jitter_ms=0, direction=down)",)


@given(workloads(8, rates=(3, 9), sizes=(2, 4)))
def test_a_workload_lasts_as_long_as_it_was_told_and_asks_no_more_than_it_may(workload: Workload) -> None:
    due = [arrival.due_s for arrival in workload.requests(Random(0))]
    assert workload.seconds == 8
    assert all(0 <= at < 8 for at in due)
    assert len(due) <= 9 * 8 * 2 + 4 * 8  # a Poisson process asks twice as much as usual once in a billion times
    assert Workload.from_json(workload.to_json()) == workload


def test_workloads_shrink_towards_few_requests_at_equal_distances() -> None:
    smallest_workload = find(workloads(8), lambda _: True, random=Random(7), settings=settings(database=None))
    assert str(smallest_workload) == "constant(rate=5, seconds=8)"


@pytest.mark.parametrize(
    ("schedule", "complaint"),
    [
        ([crash("worker1").between(0.2, 3)], "crash worker1 begins at 0.2 s, before 0.5 s"),
        ([crash("worker1").at(3)], "crash worker1 is not over 1 s before the load's end at 12 s"),
        ([pause("worker1").between(1, 3)] * 5, "5 faults, 4 are allowed"),
        (
            [pause("worker1").between(1, 3), latency("coordinator→worker1", ms=100).between(2, 4)],
            "latency hits worker1 at 2 s, before pause is over",
        ),
        (
            [down("coordinator→worker1").between(1, 3), latency("coordinator→worker1", ms=100).between(3, 5)],
            "latency hits worker1 at 3 s, before down is over",
        ),
        (
            [crash("worker1").between(1, 3), down("coordinator→worker1").between(4, 6)],
            "down hits worker1 at 4 s, before crash is over",
        ),
        (
            [crash("worker1").between(1, 3), down("coordinator→worker2").between(1.2, 4)],
            "down at 1.2 s follows crash too soon to be told apart",
        ),
        (
            [*(blackhole(f"coordinator→worker{number}").between(2, 6.5) for number in (1, 2, 3))],
            "nobody is within reach for 4.5 s, 4 s are allowed",
        ),
        ([blackhole("client→coordinator").between(2, 7)], "nobody is within reach for 5 s, 4 s are allowed"),
    ],
)
def test_what_goes_beyond_the_limits_is_said(schedule: list[object], complaint: str) -> None:
    problems = Limits(seconds=12).problems(Schedule.of(schedule), bundled())  # type: ignore[arg-type]
    assert complaint in list(problems)


def test_a_kind_that_cannot_be_drawn_is_refused_with_those_that_can() -> None:
    with pytest.raises(ValueError, match="no schedules are drawn with flood; they can be with crash, "):
        schedules(kinds=("crash", "flood"))
