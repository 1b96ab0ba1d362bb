"""What came of each fault, computed by hand beside what the code computes."""

from __future__ import annotations

import pytest
from hypothesis import given

from reports.aftermath import Aftermath, Measured, aftermaths, measured
from reports.history import OBSERVER, History, OpType
from reports.record import Record
from tests.chaos.invariants.golden import FACTS, WORKERS, Draft, Drafts, ask, golden, info, ok, served, window
from tests.reports.written import histories

# Ten requests a second, each answered in 20 ms: good service is anything below the floor of 250 ms.
STEADY = served(0, 0.0, 5.0)
CRASH = window("crash", "worker1", 5.0, 7.0)
NOBODY = (0, 0, 0, 0, 20.0)  # retried, late, failed, unknown; the slowest, in ms


def said(at: float, **states: str) -> Draft:
    """What /status said of the workers; up where nothing else is given."""
    workers = [{"id": each, "state": states.get(each, "up")} for each in WORKERS]
    return Draft(at, OBSERVER, OpType.OK, "status", {"workers": workers})


def noticed(of: Aftermath) -> tuple[float, str, str] | None:
    found = of.noticed
    return None if found is None else (round(found.after_s, 6), found.worker, found.state)


def paid(of: Aftermath) -> tuple[int, int | None, int, int, float | None]:
    found = of.paid
    slowest_ms = None if found.slowest_ms is None else round(found.slowest_ms, 6)
    return found.retried, found.late, found.failed, found.unknown, slowest_ms


def only(*drafts: Drafts) -> Aftermath:
    (found,) = aftermaths(golden(STEADY, *drafts))
    return found


def test_a_fault_is_noticed_when_its_worker_leaves_up_and_over_when_it_is_up_again() -> None:
    looks = [said(4.8), said(5.2, worker1="suspected"), said(6.0, worker1="down"), said(7.3)]
    found = only(CRASH, looks, served(100, 5.0, 12.0))
    assert noticed(found) == (0.2, "worker1", "suspected")
    assert found.worker_s == pytest.approx(0.3)
    assert found.service_s == 0.0
    assert paid(found) == NOBODY


def test_what_another_worker_was_taken_for_is_nobodys_notice_of_this_fault() -> None:
    found = only(CRASH, [said(4.8), said(5.2, worker2="down"), said(7.3)], served(100, 5.0, 12.0))
    assert (found.noticed, found.worker_s) == (None, None)


def test_a_worker_that_was_down_before_was_not_noticed_by_this_fault() -> None:
    looks = [said(4.0), said(4.8, worker1="down"), said(5.2, worker1="down"), said(5.6), said(6.0, worker1="down")]
    found = only(CRASH, looks)
    assert noticed(found) == (1.0, "worker1", "down")


def test_what_is_seen_after_healing_is_no_notice() -> None:
    assert only(CRASH, [said(4.8), said(7.2, worker1="trial"), said(8.0)]).noticed is None


def test_a_worker_that_came_back_while_the_fault_was_in_force_is_back_at_once() -> None:
    assert only(CRASH, [said(4.8), said(5.2, worker1="down"), said(6.9), said(7.1)]).worker_s == 0.0


def test_a_worker_that_is_not_seen_to_come_back_has_not() -> None:
    assert only(CRASH, [said(4.8), said(5.2, worker1="down"), said(9.0, worker1="trial")]).worker_s is None


def test_an_edge_names_the_worker_at_its_end_and_one_to_the_coordinator_none() -> None:
    cut = window("blackhole", "coordinator→worker2", 5.0, 7.0, takes_out=("worker2",))
    looks = [said(4.8), said(5.4, worker2="ejected", worker1="down"), said(7.0)]
    assert noticed(only(cut, looks)) == (0.4, "worker2", "ejected")
    back = window("latency", "worker2->coordinator", 5.0, 7.0, takes_out=())
    assert noticed(only(back, looks)) == (0.4, "worker2", "ejected")
    away = window("blackhole", "client→coordinator", 5.0, 7.0, takes_out=WORKERS)
    assert only(away, looks).noticed is None


def test_service_is_back_with_the_first_good_second_of_arrivals() -> None:
    # As tests/chaos/invariants/test_recovers_within.py has it.
    after = (served(100, 5.0, 8.1, answer=OpType.FAIL), served(200, 8.1, 12.0))
    assert only(CRASH, *after).service_s == pytest.approx(1.1)
    assert only(CRASH, served(100, 5.0, 12.0, answer=OpType.FAIL)).service_s is None
    assert only(window("crash", "worker1", 5.0, None), served(100, 5.0, 12.0)).service_s is None


def test_service_is_not_told_where_something_else_is_broken_meanwhile() -> None:
    run = golden(STEADY, CRASH, window("pause", "worker2", 6.0, 9.0), served(100, 5.0, 12.0))
    assert [each.service_s for each in aftermaths(run)] == [None, 0.0]
    soon = golden(STEADY, CRASH, window("pause", "worker2", 7.5, 9.0), served(100, 5.0, 12.0))
    assert [each.service_s for each in aftermaths(soon)] == [None, 0.0]


def test_those_pay_that_were_under_way_until_service_was_back() -> None:
    run = (
        *(ask(900, at=4.9, due_s=4.9), ok(900, at=5.4, retries=1)),
        *(ask(901, at=5.1, due_s=5.1), ok(901, at=5.5)),  # 400 ms
        *(ask(902, at=6.0, due_s=6.0), info(902, at=11.0)),
        ask(903, at=6.5, due_s=6.5),  # and nothing ever came back
        *(ask(904, at=10.0, due_s=10.0), ok(904, at=11.0)),  # long after
        served(100, 6.9, 7.1, answer=OpType.FAIL),
        served(200, 7.1, 9.9),
    )
    assert paid(only(CRASH, *run)) == (1, 1, 2, 2, 500.0)
    slow = (*(ask(905, at=6.0, due_s=6.0), ok(905, at=6.9)), *run)  # 900 ms, at the first attempt
    assert paid(only(CRASH, *slow)) == (1, 2, 2, 2, 900.0)
    assert only(CRASH, *slow).paid.retried_ms == pytest.approx(500.0)


def test_without_a_steady_state_nobody_can_tell_what_is_late() -> None:
    (found,) = aftermaths(golden(CRASH, served(0, 4.9, 9.0)))
    assert (found.service_s, found.paid.late) == (None, None)
    assert measured(golden(CRASH, served(0, 4.9, 9.0))) == Measured(None, None)


def test_how_it_was_measured_is_told() -> None:
    run = golden(STEADY, CRASH, [said(0.2), said(0.4), said(0.6), said(3.0)])
    how = measured(run)
    assert (how.every_s, how.good_ms) == pytest.approx((0.2, 250.0))


def test_a_run_without_faults_has_none() -> None:
    assert aftermaths(golden(STEADY)) == ()
    assert aftermaths(golden(CRASH)) != ()  # nor does it need requests


@given(histories())
def test_whatever_was_recorded_each_fault_has_its_own(history: History) -> None:
    run = Record(FACTS, history)
    found = aftermaths(run)
    assert [each.window for each in found] == list(run.windows)
    for each in found:
        assert each.noticed is None or each.noticed.after_s >= 0
        assert each.worker_s is None or each.worker_s >= 0
        assert each.service_s is None or each.service_s >= 0
        assert each.paid.retried + each.paid.failed + each.paid.unknown <= len(run.requests)
