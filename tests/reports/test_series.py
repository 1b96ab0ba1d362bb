"""What charts draw, against requests written out by hand."""

from collections.abc import Sequence
from random import Random

import pytest

from reports.history import NANOSECONDS, Op, OpType, Request
from reports.request_columns import RequestColumns
from reports.series import (
    LatencyPoint,
    OutcomeBucket,
    QuantileBucket,
    WorkerBucket,
    answers_by_worker,
    bucket_width,
    drawn_points,
    edges,
    levels_over_time,
    outcomes_over_time,
    quantiles_over_time,
    silent,
)


def asked(
    due_s: float, ended: OpType | None, after_s: float = 0.0, worker: str = "worker1", retries: int = 0
) -> Request:
    invoked = Op(0, round(due_s * NANOSECONDS), 0, OpType.INVOKE, "infer", {"input": "x", "due_s": due_s})
    if ended is None:
        return Request.of(invoked, None)
    value = {"worker": worker, "retries": retries}
    return Request.of(invoked, Op(1, round((due_s + after_s) * NANOSECONDS), 0, ended, "infer", value))


def answered(ms: Sequence[float], due_s: float = 0.0) -> list[LatencyPoint]:
    return [LatencyPoint(due_s, each, OpType.OK, 0) for each in ms]


@pytest.mark.parametrize(("span_s", "width_s"), [(1.0, 0.1), (20.0, 0.5), (61.0, 2.0), (1e9, 3600.0)])
def test_buckets_are_as_narrow_as_a_round_width_allows(span_s: float, width_s: float) -> None:
    assert bucket_width(span_s, 40) == width_s


def test_the_last_bucket_ends_with_the_run() -> None:
    assert edges(1.2, 0.5) == ((0.0, 0.5), (0.5, 1.0), (1.0, 1.2))


def test_a_sliver_at_the_end_is_no_bucket_of_its_own() -> None:
    assert edges(1.1, 0.5) == ((0.0, 0.5), (0.5, 1.1))


def test_a_run_that_ends_on_an_edge_has_no_empty_bucket_behind_it() -> None:
    assert edges(0.3, 0.1) == ((0.0, 0.1), (0.1, 0.2), (0.2, 0.3))


def test_outcomes_count_where_requests_were_due_and_answers_where_they_arrived() -> None:
    requests = [
        asked(0.1, OpType.OK, 0.1),
        asked(0.2, OpType.OK, 1.0),
        asked(0.3, OpType.FAIL, 0.1),
        asked(1.1, OpType.INFO, 0.5),
        asked(1.2, None),
    ]
    assert outcomes_over_time(requests, 2.0, 1.0) == (
        OutcomeBucket(0.0, 1.0, ok=2, failed=1, unknown=0, answers=1),
        OutcomeBucket(1.0, 2.0, ok=0, failed=0, unknown=2, answers=1),
    )


def test_a_time_that_fractions_put_below_its_edge_counts_above_it() -> None:
    first, second, third, *_ = outcomes_over_time([asked(0.1 + 0.2 - 1e-16, OpType.OK)], 1.0, 0.1)[1:]
    assert [bucket.ok for bucket in (first, second, third)] == [0, 0, 1]


def test_a_request_that_never_came_back_has_no_latency() -> None:
    requests = [asked(0.5, None), asked(1.0, OpType.INFO, 4.0), asked(2.0, OpType.OK, 0.25, retries=1)]
    columns = RequestColumns.of(requests)
    assert silent(columns) == (0.5,)
    assert drawn_points(columns, 10) == (
        LatencyPoint(1.0, 4000.0, OpType.INFO, 0),
        LatencyPoint(2.0, 250.0, OpType.OK, 1),
    )


def test_a_bucket_has_a_median_of_any_points_and_a_p99_only_of_enough() -> None:
    points = [*answered(range(1, 101)), *answered([7.0, 9.0], due_s=2.0)]
    assert quantiles_over_time(points, 3.0, 1.0) == (
        QuantileBucket(0.0, 1.0, 100, 50, 99),
        QuantileBucket(1.0, 2.0, 0, None, None),
        QuantileBucket(2.0, 3.0, 2, 7.0, None),
    )


def test_quantiles_are_of_answers_alone() -> None:
    points = [*answered([10.0]), LatencyPoint(0.0, 3000.0, OpType.INFO, 0), LatencyPoint(0.0, 1.0, OpType.FAIL, 0)]
    assert quantiles_over_time(points, 1.0, 1.0) == (QuantileBucket(0.0, 1.0, 1, 10.0, None),)


def test_thinning_keeps_extremes_and_everything_unusual() -> None:
    plain = [asked(number / 1000, OpType.OK, (20.0 + number % 7) / 1000) for number in range(1000)]
    slowest, fastest = asked(0.5005, OpType.OK, 0.9), asked(0.7005, OpType.OK, 0.0001)
    unusual = [
        asked(0.1, OpType.FAIL, 0.005),
        asked(0.2, OpType.INFO, 4.0),
        asked(0.3, OpType.OK, 0.021, retries=1),
    ]
    requests = sorted([*plain, slowest, fastest, *unusual], key=lambda request: request.due_s)
    kept = drawn_points(RequestColumns.of(requests), 100)
    assert {(each.due_s, each.outcome) for each in (slowest, fastest, *unusual)} <= {
        (each.due_s, each.outcome) for each in kept
    }
    assert len(kept) <= 100 + len(unusual)
    assert list(kept) == sorted(kept, key=lambda point: point.due_s)
    assert max(each.ms for each in kept if each.outcome is OpType.OK) == pytest.approx(900)
    assert min(each.ms for each in kept) == pytest.approx(0.1)


def test_what_is_unusual_is_thinned_too_where_there_is_much_of_it() -> None:
    failed = [asked(number / 1000, OpType.FAIL, 0.02) for number in range(1000)]
    worst = asked(0.5005, OpType.INFO, 9.0)
    kept = drawn_points(RequestColumns.of(sorted([*failed, worst], key=lambda request: request.due_s)), 100)
    assert len(kept) <= 100
    assert max(each.ms for each in kept) == pytest.approx(9000)


def test_few_points_are_not_thinned() -> None:
    requests = [asked(0.1 * number, OpType.OK, 0.01) for number in range(3)]
    assert len(drawn_points(RequestColumns.of(requests), 3)) == 3


def test_levels_of_columns_are_the_quantiles_of_points() -> None:
    rng = Random(3)
    requests = [
        asked(rng.uniform(0, 9), rng.choice([OpType.OK, OpType.OK, OpType.FAIL, OpType.INFO, None]), rng.expovariate(2))
        for _ in range(600)
    ]
    columns = RequestColumns.of(requests)
    points = drawn_points(columns, len(requests))
    for width_s in (0.1, 0.5, 2.0):
        assert levels_over_time(columns, 10.0, width_s) == quantiles_over_time(points, 10.0, width_s)


def test_a_worker_that_answered_nothing_is_there_with_nothing() -> None:
    requests = [asked(0.1, OpType.OK, 0.1, "worker2"), asked(0.2, OpType.OK, 1.0, "worker2"), asked(0.3, OpType.INFO)]
    assert answers_by_worker(requests, ["worker1"], 2.0, 1.0) == (
        WorkerBucket("worker1", 0.0, 1.0, 0),
        WorkerBucket("worker1", 1.0, 2.0, 0),
        WorkerBucket("worker2", 0.0, 1.0, 1),
        WorkerBucket("worker2", 1.0, 2.0, 1),
    )
