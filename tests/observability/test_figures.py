"""The figures are true, of a system that lost a worker under load."""

from __future__ import annotations

from typing import Any, Final

from tests.observability.scraped import ANSWERED, TRACE, Scraped

# What /readyz has a worker compute is no request.
CANARY: Final = ["canary"]


def batches_of(scraped: Scraped) -> list[dict[str, Any]]:
    return [line for line in scraped.worker_lines if line["event"] == "batch"]


def test_the_books_are_those_of_status(scraped: Scraped) -> None:
    figure, status = scraped.coordinator, scraped.status
    assert figure("brownout_requests_submitted_total") == status["tasks_submitted"] == ANSWERED + 2
    assert figure("brownout_requests_completed_total") == status["tasks_completed"] == ANSWERED + 2
    assert figure("brownout_requests_failed_total") == figure("brownout_requests_pending") == 0
    assert figure("brownout_requests_retried_total") == status["tasks_retried"] == 1
    assert figure("brownout_request_duration_seconds_count", outcome="answered") == ANSWERED + 2


def test_a_refusal_is_counted_with_its_reason(scraped: Scraped) -> None:
    assert scraped.coordinator("brownout_requests_refused_total", reason="queue_full") == 1
    assert scraped.coordinator("brownout_requests_refused_total") == 1


def test_a_redirect_is_counted_with_its_cause(scraped: Scraped) -> None:
    figure = scraped.coordinator
    assert figure("brownout_redirects_total", cause="cut") == figure("brownout_redirects_total") == 1
    assert figure("brownout_attempts_total", worker="worker1", outcome="cut") == 1
    assert figure("brownout_attempts_total", outcome="answered") == ANSWERED + 2
    assert figure("brownout_attempts_total") == ANSWERED + 3


def test_every_attempt_travelled_in_a_batch_that_says_why_it_was_sent(scraped: Scraped) -> None:
    figure = scraped.coordinator
    assert figure("brownout_batch_size_sum") == figure("brownout_attempts_total")
    assert figure("brownout_batch_size_sum", released="idle") > 0
    assert figure("brownout_batch_size_bucket", le="3.0") == figure("brownout_batch_size_count")


def test_a_worker_is_in_one_state_and_its_changes_are_counted(scraped: Scraped) -> None:
    figure = scraped.coordinator
    for worker, state in (("worker1", "down"), ("worker2", "up")):
        assert figure("brownout_worker_state", worker=worker) == 1
        assert figure("brownout_worker_state", worker=worker, state=state) == 1
        assert figure("brownout_worker_in_flight", worker=worker) == 0
    assert figure("brownout_worker_transitions_total", worker="worker1", state="down") >= 1
    assert figure("brownout_worker_transitions_total", worker="worker2") == 1


def test_the_coordinator_tells_what_its_process_takes(scraped: Scraped) -> None:
    figure = scraped.coordinator
    assert figure("process_resident_memory_bytes") > 10e6
    assert figure("process_open_fds") > 3
    assert figure("brownout_event_loop_tasks") >= 3
    assert figure("brownout_event_loop_lag_seconds_count") >= 1


def test_a_worker_counts_what_it_computed(scraped: Scraped) -> None:
    figure = scraped.worker
    answered = scraped.coordinator("brownout_attempts_total", worker="worker2", outcome="answered")
    canaries = [line for line in batches_of(scraped) if line["request_ids"] == CANARY]
    assert figure("brownout_compute_items_total", outcome="answered") == answered + len(canaries)
    assert figure("brownout_compute_seconds_count") == figure("brownout_compute_wait_seconds_count")
    assert figure("brownout_compute_seconds_sum") > 0
    assert figure("brownout_compute_refusals_total") == figure("brownout_compute_abandoned_total") == 0
    assert figure("process_open_fds") > 3


def test_both_speak_the_text_format_of_prometheus(scraped: Scraped) -> None:
    for figures in (scraped.coordinator, scraped.worker):
        assert figures.content_type.startswith("text/plain; version=0.0.4")
        assert not [name for name in figures.families if name.endswith("_created")]


def test_log_lines_say_whose_trace_they_are_of_though_nothing_is_exported(scraped: Scraped) -> None:
    requests = {
        line["request_id"]: line["trace_id"] for line in scraped.coordinator_lines if line["event"] == "request"
    }
    assert list(requests.values()).count(TRACE) == list(requests.values()).count(None) == (ANSWERED + 2) / 2
    batches = [line for line in batches_of(scraped) if line["request_ids"] != CANARY]
    assert batches
    for line in batches:
        traces = [requests[request_id] for request_id in line["request_ids"]]
        assert line["trace_ids"] == (traces if any(traces) else None)
