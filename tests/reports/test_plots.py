"""The charts as they are drawn, asked through their SVG."""

import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from reports.bands import bands
from reports.frame import AXIS_PX, RIGHT_PX, WIDTH_PX, Chart
from reports.history import History, OpType
from reports.palette import BAD, UNKNOWN
from reports.plots import latency_chart, outcomes_chart, workers_chart
from reports.record import Record
from reports.svg import inline_svg
from tests.reports.generated import FACTS, quiet, record

CHARTS: tuple[Callable[[Record], Chart], ...] = (outcomes_chart, latency_chart, workers_chart)


def drawn(chart: Chart) -> ET.Element:
    return ET.fromstring(inline_svg(chart, "it", "a chart"))  # noqa: S314 - drawn by this process


def texts(svg: ET.Element) -> list[str]:
    return [element.text or "" for element in svg.iter("{http://www.w3.org/2000/svg}text")]


def marks(svg: ET.Element, colour: str) -> list[ET.Element]:
    """Shapes of one colour inside the plot; the swatches of a legend are not among them."""
    legend = {id(inner) for outer in svg.iter() if "role-legend" in outer.get("class", "") for inner in outer.iter()}
    return [each for each in svg.iter() if f"--{colour}," in each.get("fill", "") and id(each) not in legend]


@pytest.mark.parametrize("chart", CHARTS)
def test_every_chart_labels_the_faults(chart: Callable[[Record], Chart]) -> None:
    found = texts(drawn(chart(record())))
    assert {"crash worker1", "blackhole client→coordinator (did not bite)"} <= set(found)


@pytest.mark.parametrize("chart", CHARTS)
def test_every_chart_has_its_time_axis_in_the_same_place(chart: Callable[[Record], Chart]) -> None:
    svg = drawn(chart(record()))
    frame = next(element for element in svg if element.get("transform"))
    assert re.match(rf"translate\({AXIS_PX}[,)]", frame.get("transform", ""))
    assert svg.get("viewBox", "").split()[2] == str(AXIS_PX + WIDTH_PX + RIGHT_PX)


@pytest.mark.parametrize("chart", CHARTS)
def test_a_run_without_any_request_is_drawn_empty(chart: Callable[[Record], Chart]) -> None:
    assert "seconds since the run began" in texts(drawn(chart(quiet())))


@pytest.mark.parametrize("chart", CHARTS)
def test_a_target_that_looks_like_markup_is_drawn_as_text(chart: Callable[[Record], Chart]) -> None:
    svg = drawn(chart(record(target="<script>alert(1)</script>")))
    assert any("<script>alert(1)</script>" in text for text in texts(svg))
    assert not [element for element in svg.iter() if "script" in str(element.tag)]


def test_a_bucket_is_drawn_in_as_many_parts_as_it_has_outcomes() -> None:
    svg = drawn(outcomes_chart(record()))
    assert len(marks(svg, BAD.name)) == 1  # refused between 12.0 s and 12.1 s
    assert len(marks(svg, UNKNOWN.name)) == 2  # timed out from 13.0 s, never heard of at 13.9 s


def test_an_unknown_outcome_is_never_drawn_as_a_failure_or_an_answer() -> None:
    rows = data(outcomes_chart(only_unknown()), "outcome")
    assert {row["outcome"] for row in rows} == {"unknown"}
    assert [row["answers"] for row in data(outcomes_chart(only_unknown()), "answers") if row["answers"]] == []


def test_a_request_that_never_came_back_is_marked_at_the_edge_without_a_latency() -> None:
    silent = [request for request in record().requests if request.completed is None]
    assert len(silent) == 1
    assert [row["due"] for row in data(latency_chart(record()), "due") if "ms" not in row] == [silent[0].due_s]


def test_what_was_answered_at_once_is_small_and_everything_else_stands_out() -> None:
    plain = {row["due"]: row["plain"] for row in data(latency_chart(record()), "plain")}
    by_due = {each.due_s: each for each in record().requests if each.completed is not None}
    assert plain == {due: each.outcome is OpType.OK and not each.retries for due, each in by_due.items()}


def test_of_fewer_than_a_hundred_answers_the_slowest_is_dotted() -> None:
    dashed = [each for each in drawn(latency_chart(record())).iter() if each.get("stroke-dasharray") == "2,4"]
    assert dashed  # seventy-five a second
    assert "slowest" in texts(drawn(latency_chart(record())))
    assert "p99" not in texts(drawn(latency_chart(record())))


def test_no_level_is_drawn_where_nothing_was_answered() -> None:
    levels = [row for row in data(latency_chart(only_unknown()), "ms") if "outcome" not in row]
    assert levels == []


def test_the_points_behind_each_quantile_are_written_below_it() -> None:
    counts = [row["points"] for row in data(latency_chart(record()), "points")]
    assert counts[:3] == ["75", "75", "75"]
    assert counts[12] == "67"  # eight of that second were refused


def test_a_worker_that_answered_nothing_still_has_its_row() -> None:
    names = {row["name"]: row["share"] for row in data(workers_chart(only_unknown()), "share")}
    assert names == {"worker1": "none", "worker2": "none", "worker3": "none"}


def test_two_drawings_in_one_page_share_no_id() -> None:
    first, second = (inline_svg(outcomes_chart(record()), name, "") for name in ("one", "two"))
    assert not set(re.findall(r'\bid="([^"]+)"', first)) & set(re.findall(r'\bid="([^"]+)"', second))


def test_a_drawing_carries_only_colours_that_a_theme_can_change() -> None:
    for chart in CHARTS:
        svg = inline_svg(chart(record()), "it", "")
        assert set(re.findall(r'(?:fill|stroke)="(#[^"]+)"', svg)) == set()


def only_unknown() -> Record:
    """The requests of the run that nobody can say anything about."""
    unknown = [request for request in record().requests if request.outcome == "info"]
    ops = [op for request in unknown for op in (request.invoked, request.completed) if op is not None]
    return Record(FACTS, History(sorted(ops, key=lambda op: op.time)))


def data(chart: Chart, field: str) -> list[dict[str, Any]]:
    """Every row given to the chart that has `field`."""
    return [row for rows in chart.to_dict()["datasets"].values() for row in rows if field in row]


def test_bands_are_laid_out_for_the_width_that_is_drawn() -> None:
    run = record()
    placed = bands(run.windows, run.history.duration_s, WIDTH_PX)
    assert [band.inside for band in placed] == [True, False]
