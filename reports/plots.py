"""The charts of a run, as altair specifications: the report draws them into its page, the viewer shows them live.

All of them share one time axis, as wide and as far from the left edge in each, so that what happened at one moment
stands in one line down the page. Fault windows lie behind every one, as bands that are labelled above it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import altair as alt

from reports.bands import Band, bands
from reports.history import OpType
from reports.palette import BAD, GOOD, GROUND, INK, LINE, MUTED, UNKNOWN, fault_colour
from reports.record import Record
from reports.series import (
    LEVELS,
    QuantileBucket,
    answers_by_worker,
    bucket_width,
    latency_points,
    outcomes_over_time,
    quantiles_over_time,
    thinned,
)

WIDTH_PX: Final = 1000
AXIS_PX: Final = 84
LANE_PX: Final = 18
BAR_PX: Final = 14
BARS: Final = 60  # at most; wider apart than a pixel, narrower than what happens
POINTS: Final = 2400  # beyond this a page grows heavy and a reader sees no more
FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
OUTCOME_WORDS: Final = ("ok", "failed", "unknown")
ARRIVING: Final = "answers as they arrive"
OUTCOME_WORD: Final = {OpType.OK: "ok", OpType.FAIL: "failed", OpType.INFO: "unknown"}

Chart: TypeAlias = alt.LayerChart | alt.FacetChart  # what altair says of layers that share a time axis


def outcomes_chart(record: Record, width_px: int = WIDTH_PX) -> Chart:
    """Requests by the moment they were due and how they ended, and the answers that arrived, per bucket of time."""
    span_s = _span_s(record)
    width_s = bucket_width(span_s, BARS)
    buckets = outcomes_over_time(record.requests, span_s, width_s)
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
        _over(rows)
        .mark_rect(aria=False, x2Offset=-1)
        .encode(
            x=_time_axis("start:Q", span_s),
            x2=alt.X2("end:Q"),
            y=alt.Y("from:Q", scale=y, axis=_y_axis(f"requests per {width_s:g} s")),
            y2=alt.Y2("to:Q"),
            color=alt.Color("outcome:N", scale=_outcome_colours(), legend=_legend()),
        )
    )
    steps = [{"at": bucket.start_s, "answers": bucket.answers} for bucket in buckets]
    steps.append({"at": span_s, "answers": buckets[-1].answers})
    answered = (
        _over(steps)
        .mark_line(aria=False, interpolate="step-after", strokeWidth=1.4)
        .encode(x=alt.X("at:Q"), y=alt.Y("answers:Q", scale=y), color=alt.ColorDatum(ARRIVING))
    )
    return _finished(record, [asked, answered], span_s, width_px, height_px=170, legend=True)


def latency_chart(record: Record, width_px: int = WIDTH_PX) -> Chart:
    """Latency of every request that came back, and its median and p99 over time; the scale is logarithmic."""
    span_s = _span_s(record)
    points = latency_points(record.requests)
    quantiles = quantiles_over_time(points, span_s, bucket_width(span_s, LEVELS))
    height_px = 240
    rows = [
        {"due": point.due_s, "ms": max(point.ms, 0.01), "outcome": OUTCOME_WORD[point.outcome]}
        for point in thinned(points, POINTS)
    ]
    y, axis = _latency_scale([max(point.ms, 0.01) for point in points], height_px)
    scatter = (
        _over(rows)
        .mark_point(aria=False, filled=True)
        .encode(
            x=_time_axis("due:Q", span_s),
            y=alt.Y("ms:Q", scale=y, axis=axis),
            color=alt.Color("outcome:N", scale=_outcome_colours(), legend=None),
            shape=alt.Shape(
                "outcome:N",
                scale=alt.Scale(domain=list(OUTCOME_WORDS), range=["circle", "cross", "diamond"]),
                legend=None,
            ),
            size=alt.condition("datum.outcome == 'ok'", alt.value(9), alt.value(64)),
            opacity=alt.condition("datum.outcome == 'ok'", alt.value(0.45), alt.value(1)),
        )
    )
    layers = [scatter, *_quantile_layers(quantiles, y), *_silent_layers(record), _counts_layer(quantiles, height_px)]
    return _finished(record, layers, span_s, width_px, height_px)


def workers_chart(record: Record, width_px: int = WIDTH_PX) -> Chart:
    """Answers of each worker over time, one row per worker, all rows to one scale that starts at zero."""
    span_s = _span_s(record)
    width_s = bucket_width(span_s, BARS)
    buckets = answers_by_worker(record.requests, record.capacity, span_s, width_s)
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
        _over(rows)
        .mark_rect(aria=False, color=GOOD.light, x2Offset=-1)
        .encode(
            x=_time_axis("start:Q", span_s),
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
    named = _over(names).encode(y=alt.Y("row:Q", scale=y, axis=None))
    text: dict[str, Any] = {"aria": False, "align": "left", "font": FONT, "x": -AXIS_PX + 4}
    return _finished(
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


def _over(rows: Iterable[Mapping[str, Any]]) -> alt.Chart:
    # A tuple, for altair copies lists anew, row by row, each time a chart is refined: seconds for a run of some size.
    return alt.Chart(alt.InlineData(tuple(rows)))


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "none"


def _span_s(record: Record) -> float:
    return max(1.0, record.history.duration_s)


def _time_axis(field: str, span_s: float) -> alt.X:
    axis = alt.Axis(title="seconds since the run began", tickCount=20, format="~g", grid=False, domainColor=MUTED.light)
    return alt.X(field, scale=alt.Scale(domain=[0, span_s], nice=False), axis=axis)


def _y_axis(title: str) -> alt.Axis:
    return alt.Axis(title=title, tickCount=4, format="~d", tickMinStep=1, domain=False)


def _latency_scale(ms: Sequence[float], height_px: int) -> tuple[alt.Scale, alt.Axis]:
    """A logarithmic scale over round numbers that leaves room below it for the counts."""
    marks = [digit * 10.0**power for power in range(-2, 7) for digit in (1, 2, 5)]
    low, high = min(ms, default=1.0), max(ms, default=1000.0)
    lowest = max((mark for mark in marks if mark <= low), default=marks[0])
    highest = min((mark for mark in marks if mark >= high and mark > lowest), default=marks[-1])
    shown = [mark for mark in marks if lowest <= mark <= highest]
    if len(shown) > 9:
        shown = [mark for mark in shown if str(mark)[0] == "1" or mark in (lowest, highest)]
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
    for name, thickness, value_of, aside_px in (("p50", 2.6, "p50_ms", 4), ("p99", 1.6, "p99_ms", -4)):
        levels = [
            {"start": bucket.start_s, "end": bucket.end_s, "ms": max(ms, 0.01)}
            for bucket in quantiles
            if (ms := getattr(bucket, value_of)) is not None
        ]
        base = _over(levels).encode(x=alt.X("start:Q"), x2=alt.X2("end:Q"), y=alt.Y("ms:Q", scale=y))
        layers += [
            base.mark_rule(aria=False, color=GROUND.light, strokeWidth=thickness + 2.5, opacity=0.8),
            base.mark_rule(aria=False, color=INK.light, strokeWidth=thickness),
            _over(levels[-1:])
            .mark_text(**words, color=INK.light, text=name, dy=aside_px)
            .encode(x=alt.X("end:Q"), y=alt.Y("ms:Q", scale=y)),
        ]
    return layers


def _silent_layers(record: Record) -> list[alt.Chart]:
    """Requests that nothing ever came back for: at the upper edge, for they have no latency."""
    rows = [{"due": request.due_s} for request in record.requests if request.completed is None]
    if not rows:
        return []
    mark: dict[str, Any] = {"aria": False, "shape": "triangle-up", "size": 70, "filled": False, "strokeWidth": 2}
    return [_over(rows).encode(x=alt.X("due:Q")).mark_point(**mark, color=UNKNOWN.light, y=7)]


def _counts_layer(quantiles: Sequence[QuantileBucket], height_px: int) -> alt.Chart:
    rows = [{"at": (bucket.start_s + bucket.end_s) / 2, "points": f"{bucket.points:,}"} for bucket in quantiles]
    words: dict[str, Any] = {"aria": False, "font": FONT, "fontSize": 9.5, "color": MUTED.light, "y": height_px - 9}
    counts: alt.Chart = _over(rows).encode(x=alt.X("at:Q"), text=alt.Text("points:N")).mark_text(**words)
    return counts


def _fault_layers(placed: Sequence[Band], height_px: int) -> list[alt.Chart]:
    """A tinted band down the chart for each fault, with its edges drawn, and above the chart a labelled bar."""
    rows = [
        {
            "start": band.start_s,
            "end": band.end_s,
            "label_at": band.label_s,
            "label": band.label,
            "colour": fault_colour(band.kind).light,
            "label_colour": GROUND.light if band.inside else fault_colour(band.kind).light,
            "align": band.align,
            "healed": band.healed,
            "top": -(band.lane + 1) * LANE_PX,
            "foot": -(band.lane + 1) * LANE_PX + BAR_PX,
            "bottom": height_px,
            "middle": -(band.lane + 1) * LANE_PX + BAR_PX / 2 + 0.5,
        }
        for band in placed
    ]
    base = _over(rows).encode(color=alt.Color("colour:N", scale=None, legend=None))
    start, end, top = alt.X("start:Q"), alt.X("end:Q"), alt.Y("top:Q", scale=None, axis=None)
    until, foot, bottom = alt.X2("end:Q"), alt.Y2("foot:Q"), alt.Y2("bottom:Q")
    edge: dict[str, Any] = {"aria": False, "opacity": 0.75}
    label: dict[str, Any] = {"aria": False, "baseline": "middle", "font": FONT, "fontSize": 11, "fontWeight": 600}
    words = _over(rows).encode(
        x=alt.X("label_at:Q"),
        y=alt.Y("middle:Q", scale=None, axis=None),
        text=alt.Text("label:N"),
        color=alt.Color("label_colour:N", scale=None, legend=None),
    )
    return [
        base.mark_rect(aria=False, opacity=0.1, y=0, y2=height_px).encode(x=start, x2=until),
        base.mark_rule(**edge).encode(x=start, y=top, y2=bottom),
        base.mark_rule(**edge, strokeDash=[3, 3]).transform_filter("datum.healed").encode(x=end, y=top, y2=bottom),
        base.mark_rect(aria=False).encode(x=start, x2=until, y=top, y2=foot),
        words.transform_filter("datum.align == 'left'").mark_text(**label, align="left", dx=5),
        words.transform_filter("datum.align == 'right'").mark_text(**label, align="right", dx=-5),
    ]


def _outcome_colours() -> alt.Scale:
    return alt.Scale(domain=[*OUTCOME_WORDS, ARRIVING], range=[GOOD.light, BAD.light, UNKNOWN.light, INK.light])


def _legend() -> alt.Legend:
    return alt.Legend(orient="bottom", title=None, symbolType="square", symbolSize=90, labelFontSize=11, offset=4)


def _finished(
    record: Record,
    layers: Sequence[alt.Chart],
    span_s: float,
    width_px: int,
    height_px: int,
    *,
    legend: bool = False,
) -> Chart:
    """`layers` over the faults of the run, in a frame whose inner edges are the same for every chart."""
    placed = bands(record.windows, span_s, width_px)
    lanes = 1 + max((band.lane for band in placed), default=-1)
    groups = [alt.layer(*layers)]
    if placed:
        groups.insert(0, alt.layer(*_fault_layers(placed, height_px)))
    words: dict[str, Any] = {"labelFont": FONT, "titleFont": FONT, "labelColor": MUTED.light, "titleColor": MUTED.light}
    # All at once: each of altair's own steps, such as configure_axis, would copy every layer anew.
    return alt.layer(
        *groups,
        width=width_px,
        height=height_px,
        background="transparent",
        autosize=alt.AutoSizeParams(type="none"),
        padding={"left": AXIS_PX, "right": 38, "top": lanes * LANE_PX + 8, "bottom": 66 if legend else 40},
        resolve=alt.Resolve(scale=alt.ScaleResolveMap(y="independent", color="independent")),
        config=alt.Config(
            view=alt.ViewConfig(stroke=None),
            axis=alt.AxisConfig(**words, gridColor=LINE.light, tickColor=LINE.light, titleFontWeight="normal"),
            legend=alt.LegendConfig(labelFont=FONT, labelColor=INK.light),
        ),
    )
