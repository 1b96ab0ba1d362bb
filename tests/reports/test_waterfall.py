from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import vl_convert

from reports.detail_plots import trend_chart, waterfall_chart
from reports.history import NANOSECONDS, Op, OpType, Request
from reports.logs import Attempt, RequestLine
from reports.panels import themed
from reports.trends import Trend, TrendPoint
from reports.verdict import Verdict
from reports.waterfall import Step, clock_offset, waterfall

NOON = 1_000_000.0  # of the log's clock


def request(
    due_s: float, sent_s: float, ended: OpType | None, ended_s: float = 0.0, request_id: str | None = "id"
) -> Request:
    asked = Op(0, round(sent_s * NANOSECONDS), 0, OpType.INVOKE, "infer", {"input": "x", "due_s": due_s})
    value: Mapping[str, Any] = {"request_id": request_id, "retries": 1, "worker": "worker3"}
    return Request.of(asked, None if ended is None else Op(1, round(ended_s * NANOSECONDS), 0, ended, "infer", value))


def line(*attempts: Attempt, admitted_at: float = NOON + 1.0, ended_at: float = NOON + 1.5) -> RequestLine:
    return RequestLine("id", "x", True, "worker3", None, admitted_at, ended_at, 1, attempts)


def test_a_redirected_request_queues_is_cut_queues_again_and_is_answered() -> None:
    cut = Attempt("worker1", 3, NOON + 1.1, NOON + 1.2, "cut")
    answered = Attempt("worker3", 1, NOON + 1.3, NOON + 1.5, None)
    steps = waterfall(request(0.9, 1.0, OpType.OK, 1.5), line(cut, answered), NOON)
    assert [(step.place, step.words, round(step.start_s, 6), round(step.end_s, 6), step.tone) for step in steps] == [
        ("client", "sent late", 0.9, 1.0, "muted"),
        ("client", "answered", 1.0, 1.5, "good"),
        ("queue", "queued", 1.0, 1.1, "muted"),
        ("worker1", "attempt 1: cut", 1.1, 1.2, "bad"),
        ("queue", "queued", 1.2, 1.3, "muted"),
        ("worker3", "attempt 2: answered", 1.3, 1.5, "good"),
    ]
    assert steps[3].ms == pytest.approx(100)


def test_attempts_that_overlap_leave_no_queue_between_them() -> None:
    first = Attempt("worker1", 1, NOON + 1.0, NOON + 1.5, "overtaken")
    hedge = Attempt("worker2", 1, NOON + 1.2, NOON + 1.4, None)
    steps = waterfall(request(1.0, 1.0, OpType.OK, 1.5), line(first, hedge), NOON)
    assert [step.place for step in steps] == ["client", "worker1", "worker2"]


def test_a_request_that_never_came_back_is_unknown_up_to_where_it_was_last_seen() -> None:
    lost = Attempt("worker1", 1, NOON + 1.1, NOON + 1.4, "cut")
    steps = waterfall(request(1.0, 1.0, None), line(lost, ended_at=NOON + 1.4), NOON)
    client = steps[0]
    assert (client.words, client.tone, round(client.end_s, 6)) == ("unknown", "unknown", 1.4)


def test_without_a_log_the_client_s_view_is_all_there_is() -> None:
    assert waterfall(request(1.0, 1.0, OpType.FAIL, 3.0), None, None) == (Step("client", "failed", 1.0, 3.0, "bad"),)


def test_the_clocks_are_held_together_by_what_must_be_true() -> None:
    requests = [request(1.0, 1.0, OpType.OK, 2.0), request(5.0, 5.0, OpType.OK, 5.2, "other")]
    lines = [
        line(admitted_at=NOON + 1.3, ended_at=NOON + 1.8),
        RequestLine("other", "x", True, "w", None, NOON + 5.1, NOON + 5.15, 0, ()),
    ]
    # The second says that the log is between 0.05 s behind and 0.1 s ahead.
    assert clock_offset(requests, lines) == pytest.approx(NOON + (0.1 - 0.05) / 2)


def test_nothing_in_common_tells_no_offset() -> None:
    assert clock_offset([request(1.0, 1.0, None)], [line()]) is None
    assert clock_offset([request(1.0, 1.0, OpType.OK, 2.0, None)], [line()]) is None


def texts(specification: dict[str, Any]) -> list[str]:
    svg = ET.fromstring(vl_convert.vegalite_to_svg({**specification, "width": 900}))  # noqa: S314 - drawn here
    return [element.text or "" for element in svg.iter("{http://www.w3.org/2000/svg}text")]


def test_it_is_drawn_with_a_row_for_each_place_and_words_on_each_bar() -> None:
    cut = Attempt("<script>", 3, NOON + 1.1, NOON + 1.2, "cut")
    chart = waterfall_chart(waterfall(request(1.0, 1.0, OpType.OK, 1.5), line(cut), NOON))
    assert {"client", "queue", "<script>", "answered, 500.0 ms", "attempt 1: cut, 100.0 ms"} <= set(
        texts(themed(chart, dark=True))
    )


def test_a_trend_is_drawn_from_zero() -> None:
    points = (TrendPoint(1, "a", "c", Verdict.HELD, 80.0), TrendPoint(2, "b", "d", Verdict.VIOLATED, 100.0))
    chart = themed(trend_chart(Trend("crash", "local", "p99_ms", points), "p99, ms"), dark=False)
    assert {"0", "p99, ms", "run"} <= set(texts(chart))
