from dataclasses import replace
from typing import Any

import pytest

from reports.live import Pending, Reading, Sample, WorkerNow, completed_rps, gap_after_s, readings, same_life
from reports.states import GAP_S

STATUS: dict[str, Any] = {
    "workers": [
        {
            "id": "worker1",
            "alive": True,
            "tasks_processed": 7,
            "last_seen": "2026-01-17T09:31:04.500+00:00",
            "state": "up",
            "in_flight": 2,
        },
        {"id": "worker2", "alive": False, "tasks_processed": 0, "last_seen": None, "state": "starting", "in_flight": 0},
    ],
    "tasks_submitted": 10,
    "tasks_completed": 7,
    "tasks_failed": 1,
    "tasks_retried": 3,
    "tasks_hedged": 0,
    "tasks_refused": 4,
    "queue_length": 1,
    "pending_requests": [
        {
            "id": "a",
            "input": "<script>",
            "status": "queued",
            "worker": None,
            "timestamp": "2026-01-17T09:31:03.000+00:00",
        },
        {
            "id": "b",
            "input": "b",
            "status": "processing",
            "worker": "worker1",
            "timestamp": "2026-01-17T09:31:04.000+00:00",
        },
    ],
}
NINE_O_CLOCK = 1768642264.0  # 2026-01-17T09:31:04Z


def at(at_s: float, *, completed: int = 0, submitted: int = 1000) -> Sample:
    return replace(Sample.of_status(STATUS, at_s), completed=completed, failed=0, retried=0, submitted=submitted)


def test_a_status_is_read_in_full() -> None:
    sample = Sample.of_status(STATUS, 5.0)
    assert sample.workers == (
        WorkerNow("worker1", "up", True, NINE_O_CLOCK + 0.5, 7, 2),
        WorkerNow("worker2", "starting", False, None, 0, 0),
    )
    assert sample.pending == (
        Pending("a", "<script>", False, None, NINE_O_CLOCK - 1),
        Pending("b", "b", True, "worker1", NINE_O_CLOCK),
    )
    assert (sample.ended, sample.alive, sample.in_flight) == (8, 1, 2)
    assert sample.look.states == {"worker1": "up", "worker2": "starting"}


@pytest.mark.parametrize("status", [{}, {"workers": None}, {**STATUS, "queue_length": "many"}])
def test_what_is_no_status_is_refused(status: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        Sample.of_status(status, 0.0)


def test_a_rate_is_of_the_last_seconds() -> None:
    samples = [at(0, completed=0), at(10, completed=900), at(12, completed=950), at(14, completed=1000)]
    assert completed_rps(samples, over_s=5) == 25.0


@pytest.mark.parametrize("samples", [[], [at(0)]])
def test_one_sample_tells_no_rate(samples: list[Sample]) -> None:
    assert completed_rps(samples) is None


def test_a_coordinator_that_was_started_again_counts_from_zero() -> None:
    before, after = at(0, completed=500), at(1, completed=3, submitted=5)
    assert not same_life(before, after)
    assert completed_rps([before, after, at(2, completed=7, submitted=9)]) == 4.0


def test_readings_are_taken_so_far_apart_and_broken_where_nobody_looked() -> None:
    samples = [at(0), at(1, completed=10), at(2, completed=20), at(9, completed=90), at(11, completed=110)]
    told = readings(samples, 2.0, gap_s=3.0)
    assert told == (
        Reading(2, in_flight=2, queued=1, completed_rps=10.0, failed_rps=0, retried_rps=0),
        2,
        Reading(11, in_flight=2, queued=1, completed_rps=10.0, failed_rps=0, retried_rps=0),
    )


def test_another_life_of_the_coordinator_breaks_the_line() -> None:
    samples = [at(0, completed=50), at(2, completed=60), at(4, submitted=1), at(6, submitted=9, completed=4)]
    assert [
        each if isinstance(each, float | int) else each.completed_rps for each in readings(samples, 2, gap_s=3)
    ] == [
        5.0,
        2,
        2.0,
    ]


def test_a_gap_is_two_and_a_half_times_what_is_usual_and_no_less_than_one_of_the_workers_states() -> None:
    samples = [at(0), at(2), at(4), at(11), at(13)]
    assert gap_after_s(samples, 0.4) == 5.0
    assert gap_after_s(samples, 4.0) == gap_after_s([], 4.0) == 10.0
    assert gap_after_s([at(0), at(0.5), at(1)], 0.4) == GAP_S
