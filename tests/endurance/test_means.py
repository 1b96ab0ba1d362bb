"""What endurance is measured with, in a plain run: twenty minutes are too long to find a slip at their end."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import pytest

from chaos.bundled import bundled
from chaos.faults import crash
from chaos.schedule import Schedule
from tests.coordinator.running import running_system
from tests.endurance.coordinator import Usage, Watch
from tests.endurance.test_redirects import Strikes
from tests.endurance.test_soak import random_faults


def usage(time_s: float, rss_bytes: float, descriptors: int = 20, tasks: int = 7) -> Usage:
    return Usage(time_s, rss_bytes, descriptors, tasks)


def test_growth_is_from_the_minute_after_settling_to_the_last_one() -> None:
    steps = {
        0.0: 50.0,
        299.0: 90.0,
        300.0: 100.0,
        330.0: 102.0,
        360.0: 104.0,
        900.0: 500.0,
        1140.0: 106.0,
        1200.0: 108.0,
    }
    watch = Watch([usage(1000.0 + time_s, rss_bytes) for time_s, rss_bytes in steps.items()])
    assert watch.growth(settled_s=300.0) == pytest.approx(107 / 102 - 1)
    assert watch.largest_rss_bytes == 500.0


def test_more_tasks_or_descriptors_than_before_are_more() -> None:
    before = usage(0.0, 1.0)
    assert usage(9.0, 2.0).no_more_than(before)
    assert not usage(9.0, 1.0, tasks=8).no_more_than(before)
    assert not usage(9.0, 1.0, descriptors=21).no_more_than(before)


async def test_the_metrics_of_a_coordinator_tell_what_it_takes(tmp_path: Path) -> None:
    async with running_system(tmp_path, workers=0) as system, system.http.get("/metrics") as response:
        found = Usage.parse(0.0, await response.text())
    assert found.rss_bytes > 1e7
    assert found.descriptors > 3
    assert found.tasks > 1


@pytest.mark.parametrize("seed", range(5))
def test_random_faults_can_be_carried_out_and_come_one_at_a_time(seed: int) -> None:
    faults = list(random_faults(random.Random(seed), seconds=1200))
    Schedule.of(faults).validate(bundled())
    assert len(faults) == 119
    assert len({(each.fault.kind, each.target) for each in faults}) == 18
    assert all(one.end_s is not None and one.end_s < other.start_s for one, other in pairwise(faults))


def test_strikes_hit_each_worker_in_turn() -> None:
    schedule = Strikes(crash, repeats=4, out_s=1.0, every_s=6.0).schedule(4)
    schedule.validate(bundled())
    assert [each.target for each in schedule.faults] == ["worker1", "worker2", "worker3", "worker1"]
