"""The chart of a running system, asked through its specification and its drawing."""

from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import vl_convert

from reports.batches import BatchBucket
from reports.levels import LEVEL_LINES
from reports.live import Reading
from reports.live_plots import LiveView, live_chart
from reports.palette import GOOD
from reports.panels import themed
from reports.series import QuantileBucket
from reports.states import StateSpan
from reports.windows import FaultWindow

NOON = 1_768_651_200.0
HOSTILE = "<script>alert(1)</script>"


def reading(after_s: float, rate: float) -> Reading:
    return Reading(NOON + after_s, in_flight=3, queued=1, completed_rps=rate, failed_rps=0, retried_rps=0)


VIEW = LiveView(
    start_s=NOON,
    end_s=NOON + 60,
    readings=(reading(2, 40.0), reading(4, 44.0), NOON + 4, reading(20, 10.0)),
    quantiles=(QuantileBucket(0, 5, 200, 12.0, 80.0), QuantileBucket(5, 10, 0, None, None)),
    batches=(BatchBucket(NOON, NOON + 2, 4, 2.5), BatchBucket(NOON + 2, NOON + 4, 0, None)),
    states=(StateSpan("worker1", "up", NOON, NOON + 40), StateSpan(HOSTILE, "down", NOON, NOON + 40)),
    workers=("worker1", HOSTILE, "worker3"),
)


def rows(specification: dict[str, Any], field: str) -> list[dict[str, Any]]:
    return [row for data in specification["datasets"].values() for row in data if field in row]


def drawn(view: LiveView, *, dark: bool = False) -> ET.Element:
    specification = {**themed(live_chart(view), dark=dark), "width": 900}
    return ET.fromstring(vl_convert.vegalite_to_svg(specification))  # noqa: S314 - drawn by this process


def test_a_line_is_broken_where_nobody_looked() -> None:
    answered = [row for row in rows(themed(live_chart(VIEW), dark=False), "piece") if row["value"] in {40, 44, 10}]
    assert [row["piece"] for row in answered] == [0, 0, 1]


def test_what_has_no_quantile_or_batch_is_not_drawn() -> None:
    specification = themed(live_chart(VIEW), dark=False)
    assert sorted(row["ms"] for row in rows(specification, "ms")) == [12.0, 80.0]
    assert [row["size"] for row in rows(specification, "size")] == [2.5]


def test_the_crosshair_tells_every_figure_and_how_many_answers_are_behind_a_quantile() -> None:
    first, _, last = rows(themed(live_chart(VIEW), dark=False), "answered")
    assert (first["answered"], first["p50"], first["points"], first["batch"]) == ("40.0", "12.0", "200", "2.5")
    assert (last["p99"], last["points"], last["batch"]) == ("\N{EN DASH}", "0", "\N{EN DASH}")


def test_each_worker_has_a_row_and_its_state_in_words() -> None:
    texts = [element.text for element in drawn(VIEW).iter("{http://www.w3.org/2000/svg}text")]
    assert {"worker1", "worker3", HOSTILE, "up", "down", "workers", "requests per second"} <= set(texts)


def test_states_of_one_colour_differ_in_height() -> None:
    states = ("trial", "suspected", "down", "ejected", "up")
    spans = tuple(StateSpan("worker1", state, NOON, NOON + 9) for state in states)
    view = LiveView(NOON, NOON + 9, (), (), (), spans, ("worker1",))
    tall = {row["state"]: row["base"] - row["top"] for row in rows(themed(live_chart(view), dark=False), "state")}
    assert tall["up"] > tall["trial"] > tall["ejected"] > tall["down"]


def test_however_short_a_worker_was_not_up_it_is_said_for_how_long() -> None:
    states = (("up", 0, 20), ("suspected", 20, 20.4), ("down", 20.4, 21.7), ("up", 21.7, 60))
    spans = tuple(StateSpan("worker1", state, NOON + start, NOON + end) for state, start, end in states)
    view = LiveView(NOON, NOON + 60, (), (), (), spans, ("worker1",))
    (label,) = rows(themed(live_chart(view), dark=False), "words_at")
    assert (label["words"], label["words_at"], label["align"]) == (
        "suspected → down, 1.7 s",
        (NOON + 20) * 1000,
        "left",
    )
    texts = [element.text for element in drawn(view).iter("{http://www.w3.org/2000/svg}text")]
    assert {"suspected → down, 1.7 s", "suspected", "down", "up"} <= set(texts)


def test_words_that_would_run_into_those_before_or_out_of_the_chart_do_not() -> None:
    states = (("down", 0, 1), ("up", 1, 2), ("down", 2, 3), ("up", 3, 59), ("down", 59, 60))
    spans = tuple(StateSpan("worker1", state, NOON + start, NOON + end) for state, start, end in states)
    labels = rows(
        themed(live_chart(LiveView(NOON, NOON + 60, (), (), (), spans, ("worker1",))), dark=False), "words_at"
    )
    assert [(each["words"], each["words_at"] / 1000 - NOON, each["align"]) for each in labels] == [
        ("down, 1.0 s", 0, "left"),
        ("down, 1.0 s or more", 60, "right"),
    ]


def test_the_time_before_anybody_watched_is_said_to_be_that() -> None:
    texts = [each.text for each in drawn(replace(VIEW, watched_s=NOON + 30)).iter("{http://www.w3.org/2000/svg}text")]
    assert "not watched yet" in texts
    begun = rows(themed(live_chart(replace(VIEW, watched_s=NOON + 3)), dark=False), "ms")
    assert {row["start"] for row in begun} == {(NOON + 3) * 1000}, "a level begins before anybody watched"
    assert "not watched yet" not in [each.text for each in drawn(VIEW).iter("{http://www.w3.org/2000/svg}text")]


def test_a_reading_between_two_gaps_is_a_point() -> None:
    alone = [(row["value"], row["alone"]) for row in rows(themed(live_chart(VIEW), dark=False), "piece")]
    assert {(40.0, False), (44.0, False), (10.0, True)} <= set(alone)


def test_the_slowest_of_few_is_not_drawn_as_a_p99() -> None:
    few = replace(VIEW, quantiles=(QuantileBucket(0, 5, 99, 12.0, 80.0), QuantileBucket(5, 10, 100, 13.0, 81.0)))
    assert [LEVEL_LINES[1].of(each) for each in few.quantiles] == [None, 81.0]
    assert [LEVEL_LINES[2].of(each) for each in few.quantiles] == [80.0, None]
    assert sorted(row["ms"] for row in rows(themed(live_chart(few), dark=False), "ms")) == [12.0, 13.0, 80.0, 81.0]


def test_nothing_known_is_drawn_empty() -> None:
    assert "workers" in [
        element.text
        for element in drawn(LiveView(NOON, NOON + 60, (), (), (), (), ())).iter("{http://www.w3.org/2000/svg}text")
    ]


def test_a_dark_page_has_the_dark_colours() -> None:
    assert GOOD.light in str(themed(live_chart(VIEW), dark=False))
    dark = str(themed(live_chart(VIEW), dark=True))
    assert GOOD.dark in dark
    assert GOOD.light not in dark


def test_what_was_broken_by_hand_is_a_band_until_it_is_healed_or_now() -> None:
    crash = FaultWindow("crash-1", "crash", "worker1", NOON - 5, NOON + 10, True, "gone", ("worker1",), ())
    pause = FaultWindow("pause-2", "pause", "worker3", NOON + 30, None, None, "", ("worker3",), ())
    long_ago = FaultWindow("down-0", "down", "client→coordinator", NOON - 50, NOON - 40, True, "", (), ())
    specification = themed(live_chart(replace(VIEW, faults=(long_ago, crash, pause))), dark=False)
    bars = rows(specification, "label_at")
    seconds = {(row["label"], row["start"] / 1000 - NOON, row["end"] / 1000 - NOON) for row in bars}
    assert seconds == {("crash worker1", 0, 10), ("pause worker3 (in force, not shown to bite)", 30, 60)}
    told = [row["faults"] for row in rows(specification, "faults")]
    assert told == ["crash worker1", "crash worker1", "nothing"]
    assert not rows(themed(live_chart(VIEW), dark=False), "label_at")
