"""How much the machine was in the way, from notes in a history."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from reports.history import MACHINE, NANOSECONDS, History, Op, OpType
from reports.noise import F, noise, stalls
from reports.record import Record


def record(*notes: tuple[float, Sequence[float]], late_s: float = 0.0, steal: float | None = 0.0) -> Record:
    """Notes of (when, delays), and a request due each second that was sent so much later."""
    drafts: list[tuple[float, int | str, str, dict[str, object]]] = [
        (
            at_s,
            MACHINE,
            F,
            {"delays_ms": list(delays), "every_ms": 50.0, "steal": steal, "waited": None, "stepped_s": 0.0},
        )
        for at_s, delays in notes
    ]
    drafts += [(second + late_s, second, "infer", {"input": "a", "due_s": float(second)}) for second in range(5)]
    ops = [
        Op(index, int(at_s * NANOSECONDS), process, OpType.INFO if f == F else OpType.INVOKE, f, value)
        for index, (at_s, process, f, value) in enumerate(sorted(drafts, key=lambda each: each[0]))
    ]
    return Record({}, History(ops))


def test_nothing_noted_is_no_noise_that_anybody_knows_of() -> None:
    assert noise(record()) is None


def test_figures_are_over_all_timers_of_the_time_asked_for() -> None:
    run = record((1.1, [0.0] * 10 + [100.0] * 10), (2.6, [5.0] * 20), (4.0, [1.0] * 20), late_s=0.01, steal=0.1)
    whole = noise(run)
    assert whole is not None
    assert (whole.samples, whole.delay_p50_ms, whole.delay_p99_ms, whole.delay_max_ms) == (60, 1.0, 100.0, 100.0)
    assert whole.lost == pytest.approx(1120 / (3000 + 1120))
    assert whole.steal == pytest.approx(0.1)
    assert whole.waited is None
    assert whole.sent_late_p99_ms == pytest.approx(10.0)
    part = noise(run, 2.8, 10.0)
    assert part is not None
    assert (part.samples, part.delay_max_ms) == (20, 1.0)
    assert part.spoils_rates is part.excuses is None


def test_timers_that_fire_late_excuse_lateness_and_time_that_is_lost_spoils_rates() -> None:
    stall = noise(record((1.4, [0.0] * 19 + [400.0])))
    assert stall is not None
    assert (
        stall.excuses
        == "the machine was too noisy: timers fired 400 ms late at the 99th percentile (250 ms are tolerated)"
    )
    assert stall.spoils_rates == "the machine was too noisy: 29% of the time no timer fired (20% are tolerated)"


def test_a_processor_that_others_have_and_requests_that_are_sent_late_are_told_by_their_figure() -> None:
    stolen = noise(record((1.0, [0.0] * 20), steal=0.45))
    assert stolen is not None
    assert stolen.excuses == "the machine was too noisy: 45% of the time others had the processor (20% are tolerated)"
    late = noise(record((5.0, [0.0] * 20), late_s=0.3), 0.0, 10.0)
    assert late is not None
    assert (
        late.excuses
        == "the machine was too noisy: requests were sent 300 ms late at the 99th percentile (250 ms are tolerated)"
    )
    assert late.spoils_rates is None


def test_a_stall_is_from_when_a_timer_was_due_until_it_fired() -> None:
    # Three timers of 50 ms, of which the second was 300 ms late: they took 450 ms up to the note.
    run = record((2.0, [0.0, 300.0, 0.0]), (3.0, [99.0, 100.0]))
    first, second = stalls(run)
    assert (first.start_s, first.end_s) == pytest.approx((1.65, 1.95))
    assert (second.start_s, second.end_s) == pytest.approx((2.9, 3.0))
    assert stalls(run, at_least_ms=200.0) == (first,)
    assert stalls(record()) == ()


def test_a_stall_begins_no_earlier_than_the_run() -> None:
    (only,) = stalls(record((0.1, [200.0])))
    assert (only.start_s, only.end_s) == pytest.approx((0.0, 0.1))
