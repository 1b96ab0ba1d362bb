import pytest

from reports.batches import BatchBucket, BatchCount, batches_between, batches_over_time

EXPOSITION = """\
# HELP brownout_batch_size Requests in a batch that was sent, by why it was sent then.
# TYPE brownout_batch_size histogram
brownout_batch_size_bucket{le="1.0",released="idle"} 3.0
brownout_batch_size_bucket{le="+Inf",released="idle"} 4.0
brownout_batch_size_count{released="idle"} 4.0
brownout_batch_size_sum{released="idle"} 6.0
brownout_batch_size_bucket{le="+Inf",released="full"} 2.0
brownout_batch_size_count{released="full"} 2.0
brownout_batch_size_sum{released="full"} 6.0
# HELP brownout_hedges_total Requests sent to a second worker.
# TYPE brownout_hedges_total counter
brownout_hedges_total 7.0
"""


def test_all_batches_are_counted_whyever_they_were_sent() -> None:
    assert BatchCount.of_metrics(EXPOSITION, 5.0) == BatchCount(5.0, batches=6, requests=12)


def test_metrics_without_batches_count_none() -> None:
    assert BatchCount.of_metrics("", 5.0) == BatchCount(5.0, 0, 0)


def test_what_was_sent_between_two_counts_has_a_mean_size_if_there_was_any() -> None:
    counts = [BatchCount(0, 10, 20), BatchCount(2, 14, 30), BatchCount(4, 14, 30)]
    assert batches_between(counts, gap_s=5) == (BatchBucket(0, 2, 4, 2.5), BatchBucket(2, 4, 0, None))


@pytest.mark.parametrize("later", [BatchCount(9, 14, 30), BatchCount(2, 1, 3)], ids=["a gap", "another process"])
def test_nothing_is_said_across(later: BatchCount) -> None:
    assert batches_between([BatchCount(0, 10, 20), later], gap_s=5) == ()


def test_batches_are_averaged_in_the_bucket_they_were_sent_in() -> None:
    sizes = [(0.0, 1), (0.9, 3), (1.0, 2), (2.0, 4), (2.1, 9), (-0.1, 9)]
    assert batches_over_time(sizes, [(0.0, 1.0), (1.0, 2.0)]) == (
        BatchBucket(0.0, 1.0, 2, 2.0),
        BatchBucket(1.0, 2.0, 2, 3.0),
    )
    assert batches_over_time(sizes, []) == ()
