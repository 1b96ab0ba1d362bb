"""The viewer's chart of a run: everything on one time axis, with one crosshair and one zoom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import altair as alt

from reports.bands import Band, bands
from reports.batches import BatchBucket, batches_over_time
from reports.fault_panel import faults_behind, faults_panel
from reports.frame import OUTCOME_WORDS, STALL_PX, WIDTH_PX, Chart, over, stood_still, unchecked
from reports.latency_panel import latency_panel
from reports.legend import ARRIVED, DUE, asked_every
from reports.levels import QUANTILES
from reports.live_plots import LANE_PX, y_axis
from reports.noise import stalls
from reports.palette import BAD, GOOD, INK, UNKNOWN
from reports.panels import LAID_OUT_PX, Panel, Stretch, TimeAxis, in_line, key, stacked
from reports.plots import BARS
from reports.record import Record
from reports.series import (
    LEVELS,
    OutcomeBucket,
    QuantileBucket,
    bucket_width,
    edges,
    levels_over_time,
    outcomes_over_time,
    shown_s,
)
from reports.states import looks, state_spans, usual_s
from reports.states_panel import states_panel

SCATTER_PX: Final = 170
OUTCOME_COLOURS: Final = {"ok": GOOD.light, "failed": BAD.light, "unknown": UNKNOWN.light}


@unchecked
def run_chart(record: Record, offset_s: float | None = None) -> Chart:
    """Faults, requests by outcome, latency, what was under way, batches and worker states; points can be clicked.

    `offset_s` is that of the logs' clock; without it, batches are left out.
    """
    span_s = shown_s(record.history)
    axis = TimeAxis(0, span_s)
    placed = bands(record.windows, span_s, LAID_OUT_PX)
    width_s = bucket_width(span_s, BARS)
    outcomes = outcomes_over_time(record.columns, span_s, width_s)
    quantiles = levels_over_time(record.columns, span_s, bucket_width(span_s, LEVELS))
    lanes = 1 + max((band.lane for band in placed), default=-1)
    panels = [
        *([Panel("faults", LANE_PX * lanes, lambda at: faults_panel(placed, axis, at, lanes))] if placed else []),
        Panel(f"requests per {width_s:g} s, {DUE}", 120, lambda at: _outcomes(outcomes, axis, at)),
        Panel(
            f"{QUANTILES}; logarithmic",
            SCATTER_PX,
            lambda at: latency_panel(record.columns, quantiles, axis, at),
            clickable=True,
        ),
        *_system_panels(record, offset_s, axis),
    ]
    return stacked(
        panels,
        axis,
        [_moment(bucket, quantiles, placed) for bucket in outcomes],
        (
            ("ok", "ok"),
            ("failed", "failed"),
            ("unknown", "unknown"),
            ("answers", "answers that arrived"),
            ("p50", "median, ms"),
            ("p99", "p99, ms, of few the slowest"),
            ("points", "answers behind both"),
            ("faults", "in force"),
        ),
        zoom=True,
        behind=lambda height_px: _behind(record, placed, axis, height_px),
    )


@unchecked
def system_chart(record: Record, offset_s: float | None, width_px: int = WIDTH_PX) -> Chart:
    """What was under way, batches and worker states, for a page that is not moved; in line with its other charts."""
    axis = TimeAxis(0, shown_s(record.history))
    placed = bands(record.windows, axis.end, width_px)
    chart = stacked(
        _system_panels(record, offset_s, axis),
        axis,
        (),
        (),
        zoom=False,
        behind=lambda height_px: _behind(record, placed, axis, height_px),
    )
    return in_line(chart, width_px)


def _behind(record: Record, placed: Sequence[Band], axis: TimeAxis, height_px: float) -> list[alt.Chart]:
    """What goes through all panels: the faults, and the times at which the machine itself stood still."""
    words_px = STALL_PX / 2
    still = stood_still(
        stalls(record), axis.x("start"), height_px, words_px=words_px, span_s=axis.end, width_px=LAID_OUT_PX
    )
    return [*still, *faults_behind(placed, axis, height_px)]


def _system_panels(record: Record, offset_s: float | None, axis: TimeAxis) -> list[Panel]:
    looked = looks(record.statuses)
    workers = sorted({*(name for look in looked for name in look.states), *record.capacity})
    batches = () if offset_s is None else _batches_of(record, offset_s, axis.end)
    asked = asked_every(usual_s([each.at_s for each in looked]))
    return [
        Panel(f"requests in flight, and queued (dashed){asked}", 70, lambda at: _under_way(record, axis, at)),
        *([Panel("mean batch size", 60, lambda at: _batches(batches, axis, at))] if batches else []),
        states_panel(state_spans(looked, axis.end), workers, axis),
    ]


def _outcomes(buckets: Sequence[OutcomeBucket], axis: TimeAxis, at: Stretch) -> list[alt.Chart]:
    rows = []
    for bucket in buckets:
        top = 0
        for word, count in zip(OUTCOME_WORDS, (bucket.ok, bucket.failed, bucket.unknown), strict=True):
            if count:
                rows.append(
                    {
                        "start": bucket.start_s,
                        "end": bucket.end_s,
                        "from": top,
                        "to": top + count,
                        "outcome": f"{count} {word}",
                        "colour": OUTCOME_COLOURS[word],
                    }
                )
            top += count
    tallest = max(max(each.ok + each.failed + each.unknown, each.answers) for each in buckets)
    scale = at.scale(0, max(1, tallest * 1.05))
    steps = [{"at": each.start_s, "answers": each.answers} for each in buckets]
    steps.append({"at": buckets[-1].end_s, "answers": buckets[-1].answers})
    return [
        over(rows)
        .mark_rect(aria=False, clip=True, x2Offset=-1)
        .encode(
            x=axis.x("start"),
            x2=alt.X2("end"),
            y=alt.Y("from:Q", scale=scale, axis=y_axis()),
            y2=alt.Y2("to"),
            color=alt.Color("colour:N", scale=None, legend=None),
        ),
        over(steps)
        .mark_line(aria=False, clip=True, interpolate="step-after", strokeWidth=1.4, color=INK.light)
        .encode(x=axis.x("at"), y=alt.Y("answers:Q", scale=scale, axis=y_axis())),
        *key([*OUTCOME_COLOURS.items(), (ARRIVED, INK.light)], at),
    ]


def _under_way(record: Record, axis: TimeAxis, at: Stretch) -> list[alt.Chart]:
    rows = [
        {
            "at": time_s,
            "in flight": sum(each.get("in_flight") or 0 for each in status.get("workers") or ()),
            "queued": status.get("queue_length") or 0,
        }
        for time_s, _, status in record.statuses
    ]
    highest = max((max(row["in flight"], row["queued"]) for row in rows), default=0) or 1
    scale = at.scale(0, highest * 1.05)
    return [
        over({"at": row["at"], "value": row[name]} for row in rows)
        .mark_line(aria=False, clip=True, color=colour, strokeDash=dash, strokeWidth=1.5, interpolate="step-after")
        .encode(x=axis.x("at"), y=alt.Y("value:Q", scale=scale, axis=y_axis()))
        for name, colour, dash in (("in flight", INK.light, [1, 0]), ("queued", UNKNOWN.light, [5, 3]))
    ]


def _batches_of(record: Record, offset_s: float, span_s: float) -> tuple[BatchBucket, ...]:
    sizes = ((at - offset_s, size) for worker in record.capacity for at, size in record.batch_sizes(worker))
    buckets = batches_over_time(sizes, edges(span_s, bucket_width(span_s, BARS)))
    return buckets if any(each.batches for each in buckets) else ()


def _batches(buckets: Sequence[BatchBucket], axis: TimeAxis, at: Stretch) -> list[alt.Chart]:
    rows = [
        {"start": each.start_s, "end": each.end_s, "size": round(each.mean_size, 2), "zero": 0}
        for each in buckets
        if each.mean_size is not None
    ]
    scale = at.scale(0, max((row["size"] for row in rows), default=1) * 1.05)
    return [
        over(rows)
        .mark_rect(aria=False, clip=True, color=GOOD.light, opacity=0.75, x2Offset=-1)
        .encode(x=axis.x("start"), x2=alt.X2("end"), y=alt.Y("size:Q", scale=scale, axis=y_axis()), y2=alt.Y2("zero"))
    ]


def _moment(bucket: OutcomeBucket, quantiles: Sequence[QuantileBucket], placed: Sequence[Band]) -> dict[str, Any]:
    level = next((each for each in quantiles if each.start_s <= bucket.start_s < each.end_s), None)
    in_force = [band.label for band in placed if band.start_s < bucket.end_s and bucket.start_s < band.end_s]
    return {
        "at": (bucket.start_s + bucket.end_s) / 2,
        "ok": str(bucket.ok),
        "failed": str(bucket.failed),
        "unknown": str(bucket.unknown),
        "answers": str(bucket.answers),
        "p50": _figure(None if level is None else level.p50_ms),
        "p99": _figure(None if level is None else level.p99_ms),
        "points": "0" if level is None else f"{level.points:,}",
        "faults": "; ".join(in_force) or "nothing",
    }


def _figure(value: float | None) -> str:
    return "\N{EN DASH}" if value is None else f"{value:,.1f}"
