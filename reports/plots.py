"""The charts of a run, as altair specifications: the report draws them into its page, the viewer shows them live."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import altair as alt

from reports.frame import (
    ARRIVING,
    AXIS_PX,
    FONT,
    OUTCOME_WORDS,
    WIDTH_PX,
    Chart,
    framed,
    outcome_colours,
    outcome_legend,
    over,
    time_axis,
    unchecked,
    y_axis,
)
from reports.history import OpType
from reports.levels import LEVEL_LINES
from reports.palette import GOOD, GROUND, INK, LINE, MUTED, UNKNOWN
from reports.record import Record
from reports.series import (
    LEVELS,
    QuantileBucket,
    answers_by_worker,
    bucket_width,
    drawn_points,
    levels_over_time,
    outcomes_over_time,
    shown_s,
    silent,
)

BARS: Final = 60  # at most; wider apart than a pixel, narrower than what happens
POINTS: Final = 2400  # beyond this a page grows heavy and a reader sees no more
OUTCOME_WORD: Final = {OpType.OK: "ok", OpType.FAIL: "failed", OpType.INFO: "unknown"}


@unchecked
def outcomes_chart(record: Record, width_px: int = WIDTH_PX) -> Chart:
    """Requests by the moment they were due and how they ended, and the answers that arrived, per bucket of time."""
    span_s = shown_s(record.history)
    width_s = bucket_width(span_s, BARS)
    buckets = outcomes_over_time(record.columns, span_s, width_s)
    rows: list[dict[str, Any]] = []
    for bucket in buckets:
        top = 0
        for word, count in zip(OUTCOME_WORDS, (bucket.ok, bucket.failed, bucket.unknown), strict=True):
            if count:
                rows.append(
                    {"start": bucket.start_s, "end": bucket.end_s, "outcome": word, "from": top, "to": top + count}
                )
            top += count
    tallest = max(max(bucket.ok + bucket.failed + bucket.unknown, bucket.answers) for bucket in buckets)
    y = alt.Scale(domain=[0, max(1, tallest)], nice=True)
    asked = (
        over(rows)
        .mark_rect(aria=False, x2Offset=-1)
        .encode(
            x=time_axis("start:Q", span_s),
            x2=alt.X2("end:Q"),
            y=alt.Y("from:Q", scale=y, axis=y_axis(f"requests per {width_s:g} s")),
            y2=alt.Y2("to:Q"),
            color=alt.Color("outcome:N", scale=outcome_colours(), legend=outcome_legend()),
        )
    )
    steps = [{"at": bucket.start_s, "answers": bucket.answers} for bucket in buckets]
    steps.append({"at": span_s, "answers": buckets[-1].answers})
    answered = (
        over(steps)
        .mark_line(aria=False, interpolate="step-after", strokeWidth=1.4)
        .encode(x=alt.X("at:Q"), y=alt.Y("answers:Q", scale=y), color=alt.ColorDatum(ARRIVING))
    )
    return framed(record, [asked, answered], span_s, width_px, height_px=170, legend=True)


@unchecked
def latency_chart(record: Record, width_px: int = WIDTH_PX) -> Chart:
    """Latency of every request that came back, and its median and p99 over time; the scale is logarithmic."""
    span_s = shown_s(record.history)
    points = drawn_points(record.columns, POINTS)
    quantiles = levels_over_time(record.columns, span_s, bucket_width(span_s, LEVELS))
    height_px = 240
    rows = [
        {
            "due": point.due_s,
            "ms": max(point.ms, 0.01),
            "outcome": OUTCOME_WORD[point.outcome],
            "plain": point.outcome is OpType.OK and point.retries == 0,
        }
        for point in points
    ]
    y, axis = _latency_scale([max(point.ms, 0.01) for point in points], height_px)
    scatter = (
        over(rows)
        .mark_point(aria=False, filled=True)
        .encode(
            x=time_axis("due:Q", span_s),
            y=alt.Y("ms:Q", scale=y, axis=axis),
            color=alt.Color("outcome:N", scale=outcome_colours(), legend=None),
            shape=alt.Shape(
                "outcome:N",
                scale=alt.Scale(domain=list(OUTCOME_WORDS), range=["circle", "cross", "diamond"]),
                legend=None,
            ),
            size=alt.condition("datum.plain", alt.value(9), alt.value(64)),
            opacity=alt.condition("datum.plain", alt.value(0.45), alt.value(1)),
        )
    )
    layers = [scatter, *_quantile_layers(quantiles, y), *_silent_layers(record), _counts_layer(quantiles, height_px)]
    return framed(record, layers, span_s, width_px, height_px)


@unchecked
def workers_chart(record: Record, width_px: int = WIDTH_PX) -> Chart:
    """Answers of each worker over time, one row per worker, all rows to one scale that starts at zero."""
    span_s = shown_s(record.history)
    width_s = bucket_width(span_s, BARS)
    buckets = answers_by_worker(record.columns, record.capacity, span_s, width_s)
    workers = list(dict.fromkeys(bucket.worker for bucket in buckets))
    highest = max([bucket.answers for bucket in buckets], default=0) or 1
    total = sum(bucket.answers for bucket in buckets)
    row_px, gap_px = 46, 10
    height_px = max(1, len(workers)) * (row_px + gap_px)
    # One unit of y is one row: every layer shares one plain scale, and no facet breaks the time axis apart.
    top = {worker: number for number, worker in enumerate(workers)}
    tall = row_px / (row_px + gap_px)
    rows = [
        {
            "start": bucket.start_s,
            "end": bucket.end_s,
            "base": top[bucket.worker] + 1,
            "top": top[bucket.worker] + 1 - tall * bucket.answers / highest,
        }
        for bucket in buckets
        if bucket.answers
    ]
    y = alt.Scale(domain=[0, max(1, len(workers))], reverse=True, nice=False)
    bars = (
        over(rows)
        .mark_rect(aria=False, color=GOOD.light, x2Offset=-1)
        .encode(
            x=time_axis("start:Q", span_s),
            x2=alt.X2("end:Q"),
            y=alt.Y("base:Q", scale=y, axis=None),
            y2=alt.Y2("top:Q"),
        )
    )
    names = [
        {
            "row": top[worker] + 1,
            "name": worker,
            "share": _share(answers, total),
        }
        for worker in workers
        for answers in [sum(bucket.answers for bucket in buckets if bucket.worker == worker)]
    ]
    named = over(names).encode(y=alt.Y("row:Q", scale=y, axis=None))
    text: dict[str, Any] = {"aria": False, "align": "left", "font": FONT, "x": -AXIS_PX + 4}
    return framed(
        record,
        [
            named.mark_rule(aria=False, color=LINE.light, x=0, x2=width_px),
            bars,
            named.mark_text(**text, dy=-20, fontSize=11, fontWeight=600, color=INK.light).encode(
                text=alt.Text("name:N")
            ),
            named.mark_text(**text, dy=-6, fontSize=10, color=MUTED.light).encode(text=alt.Text("share:N")),
        ],
        span_s,
        width_px,
        height_px,
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "none"


def _latency_scale(ms: Sequence[float], height_px: int) -> tuple[alt.Scale, alt.Axis]:
    """A logarithmic scale over round numbers that leaves room below it for the counts."""
    marks = [digit * 10.0**power for power in range(-2, 7) for digit in (1, 2, 5)]
    low, high = min(ms, default=1.0), max(ms, default=1000.0)
    lowest = max((mark for mark in marks if mark <= low), default=marks[0])
    highest = min((mark for mark in marks if mark >= high and mark > lowest), default=marks[-1])
    shown = [mark for mark in marks if lowest <= mark <= highest]
    if len(shown) > 9:
        shown = [mark for mark in shown if math.log10(mark).is_integer()]
    return (
        alt.Scale(type="log", domain=[lowest, highest], range=[height_px - 22, 0], nice=False),
        alt.Axis(
            title="latency (logarithmic)",
            values=shown,
            labelExpr="datum.value < 1000 ? datum.value + ' ms' : datum.value / 1000 + ' s'",
            domain=False,
        ),
    )


def _quantile_layers(quantiles: Sequence[QuantileBucket], y: alt.Scale) -> list[alt.Chart]:
    """Each bucket's quantile as a level of its own: nothing is drawn across a bucket that has none."""
    layers = []
    words: dict[str, Any] = {"aria": False, "align": "left", "dx": 5, "font": FONT, "fontSize": 11, "fontWeight": 600}
    last = max((each.end_s for each in quantiles if each.p99_ms is not None), default=None)
    for level in LEVEL_LINES:
        levels = [
            {"start": bucket.start_s, "end": bucket.end_s, "ms": max(ms, 0.01)}
            for bucket in quantiles
            if (ms := level.of(bucket)) is not None
        ]
        base = over(levels).encode(x=alt.X("start:Q"), x2=alt.X2("end:Q"), y=alt.Y("ms:Q", scale=y))
        # Beside the last level of each; of p99 and slowest that is one of the two.
        named = [each for each in levels[-1:] if level.name == "p50" or each["end"] == last]
        layers += [
            base.mark_rule(aria=False, color=GROUND.light, strokeWidth=level.thick_px + 2.5, opacity=0.8),
            base.mark_rule(aria=False, color=INK.light, strokeWidth=level.thick_px, strokeDash=list(level.dash)),
            over(named)
            .mark_text(**words, color=INK.light, text=level.name, dy=4 if level.name == "p50" else -4)
            .encode(x=alt.X("end:Q"), y=alt.Y("ms:Q", scale=y)),
        ]
    return layers


def _silent_layers(record: Record) -> list[alt.Chart]:
    """Requests that nothing ever came back for: at the upper edge, for they have no latency."""
    rows = [{"due": due_s} for due_s in silent(record.columns)]
    if not rows:
        return []
    mark: dict[str, Any] = {"aria": False, "shape": "triangle-up", "size": 70, "filled": False, "strokeWidth": 2}
    return [over(rows).encode(x=alt.X("due:Q")).mark_point(**mark, color=UNKNOWN.light, y=7)]


def _counts_layer(quantiles: Sequence[QuantileBucket], height_px: int) -> alt.Chart:
    rows = [
        {"at": (bucket.start_s + bucket.end_s) / 2, "points": f"{bucket.points:,}"}
        for bucket in quantiles
        if bucket.points
    ]
    words: dict[str, Any] = {"aria": False, "font": FONT, "fontSize": 9.5, "color": MUTED.light, "y": height_px - 9}
    counts: alt.Chart = over(rows).encode(x=alt.X("at:Q"), text=alt.Text("points:N")).mark_text(**words)
    return counts
