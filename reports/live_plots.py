"""The charts of a running system: rates, latency, what is under way, batches and worker states on one time axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import altair as alt

from reports.bands import Band, bands
from reports.batches import BatchBucket
from reports.fault_panel import faults_behind, faults_panel
from reports.frame import FONT, Chart, over, unchecked
from reports.levels import LEVEL_LINES, QUANTILES
from reports.live import Reading
from reports.palette import BAD, GOOD, INK, MUTED, UNKNOWN
from reports.panels import LAID_OUT_PX, TITLE_PX, Panel, Stretch, TimeAxis, key, stacked
from reports.series import QuantileBucket
from reports.states import StateSpan
from reports.states_panel import states_panel
from reports.windows import FaultWindow

LANE_PX: Final = 20
UNSEEN: Final = 0.02  # of the time shown: less is not worth a word


@dataclass(frozen=True, slots=True)
class LiveView:
    """Everything the chart shows, over [start_s, end_s] in seconds since the epoch.

    Nobody watched before `watched_s`: the chart says so, and nothing is drawn there.
    """

    start_s: float
    end_s: float
    readings: tuple[Reading | float, ...]
    quantiles: tuple[QuantileBucket, ...]
    batches: tuple[BatchBucket, ...]
    states: tuple[StateSpan, ...]
    workers: tuple[str, ...]
    faults: tuple[FaultWindow, ...] = ()
    watched_s: float = 0.0


@unchecked
def live_chart(view: LiveView) -> Chart:
    """All of it, with a crosshair. What was not measured is not drawn."""
    axis = TimeAxis(view.start_s * 1000, view.end_s * 1000, of_day=True)
    workers = view.workers
    spans = [
        StateSpan(span.worker, span.state, span.start_s * 1000, min(span.end_s, view.end_s) * 1000)
        for span in view.states
        if span.end_s > view.start_s
    ]
    placed = _bands(view)
    lanes = 1 + max((band.lane for band in placed), default=-1)
    panels = [
        *([Panel("faults", LANE_PX * lanes, lambda at: faults_panel(placed, axis, at, lanes))] if placed else []),
        Panel("requests per second", 110, lambda at: _rates(view.readings, axis, at)),
        Panel(QUANTILES, 110, lambda at: _quantiles(view, axis, at)),
        Panel("requests in flight, and queued (dashed)", 90, lambda at: _under_way(view.readings, axis, at)),
        Panel("mean batch size", 70, lambda at: _batches(view.batches, axis, at)),
        states_panel(spans, workers, axis),
    ]
    moments = [_told(reading, view, placed) for reading in view.readings if isinstance(reading, Reading)]
    told = (
        ("answered", "answered per s"),
        ("failed", "failed per s"),
        ("retried", "retried per s"),
        ("p50", "median ms"),
        ("p99", "p99 ms, of few the slowest"),
        ("points", "answers behind both"),
        ("in_flight", "in flight"),
        ("queued", "queued"),
        ("batch", "mean batch size"),
        *([("faults", "in force")] if placed else []),
    )
    return stacked(
        panels,
        axis,
        moments,
        told,
        zoom=False,
        behind=lambda height_px: [*_unwatched(view, axis, height_px), *faults_behind(placed, axis, height_px)],
    )


def _unwatched(view: LiveView, axis: TimeAxis, height_px: float) -> list[alt.Chart]:
    """The time before anybody watched, as what it is."""
    if view.watched_s - view.start_s < UNSEEN * (view.end_s - view.start_s):
        return []
    rows = over([{"start": axis.start, "end": view.watched_s * 1000, "words": "not watched yet"}])
    band = rows.mark_rect(aria=False, clip=True, opacity=0.1, color=MUTED.light, y=0, y2=height_px)
    look: dict[str, Any] = {"aria": False, "align": "left", "baseline": "middle", "font": FONT, "fontSize": 11}
    words = rows.mark_text(**look, clip=True, dx=6, y=TITLE_PX + 20, color=MUTED.light)
    return [
        band.encode(x=axis.x("start"), x2=alt.X2("end")),
        words.encode(x=axis.x("start"), text="words:N"),
    ]


def _bands(view: LiveView) -> tuple[Band, ...]:
    """Those that are seen, in milliseconds since the epoch as the axis has them."""
    span_s = view.end_s - view.start_s
    seen = [each.shifted(-view.start_s) for each in view.faults if view.start_s < each.end_s]
    cut = [replace(each, injected_s=max(0.0, each.injected_s)) for each in seen if each.injected_s < span_s]
    return tuple(
        replace(
            band,
            start_s=(view.start_s + band.start_s) * 1000,
            end_s=(view.start_s + band.end_s) * 1000,
            label_s=(view.start_s + band.label_s) * 1000,
            label=band.label.replace("never healed", "in force"),
        )
        for band in bands(cut, span_s, LAID_OUT_PX)
    )


def _rates(readings: Sequence[Reading | float], axis: TimeAxis, at: Stretch) -> list[alt.Chart]:
    told = [each for each in readings if isinstance(each, Reading)]
    highest = _top(max((max(each.completed_rps, each.failed_rps, each.retried_rps) for each in told), default=0.0))
    lines = (
        ("answered", "completed_rps", (GOOD.light, (1, 0))),
        ("failed", "failed_rps", (BAD.light, (6, 3))),
        ("retried", "retried_rps", (UNKNOWN.light, (2, 2))),
    )
    scale = at.scale(0, highest)
    return [
        *(layer for _, field, look in lines for layer in _line(readings, field, axis, scale, look)),
        *key([(name, colour) for name, _, (colour, _) in lines], at),
    ]


def _under_way(readings: Sequence[Reading | float], axis: TimeAxis, at: Stretch) -> list[alt.Chart]:
    told = [each for each in readings if isinstance(each, Reading)]
    highest = _top(max((max(each.in_flight, each.queued) for each in told), default=0))
    scale = at.scale(0, highest)
    return [
        *_line(readings, "in_flight", axis, scale, (INK.light, (1, 0))),
        *_line(readings, "queued", axis, scale, (UNKNOWN.light, (5, 3))),
    ]


def _line(
    readings: Sequence[Reading | float], field: str, axis: TimeAxis, scale: alt.Scale, look: tuple[str, tuple[int, int]]
) -> list[alt.Chart]:
    """A line of a colour and dash that is broken at every gap; a reading between two of them is a point."""
    colour, dash = look
    pieces: list[list[Reading]] = [[]]
    for each in readings:
        if isinstance(each, Reading):
            pieces[-1].append(each)
        else:
            pieces.append([])
    rows = [
        {"at": each.at_s * 1000, "value": round(getattr(each, field), 2), "piece": number, "alone": len(piece) == 1}
        for number, piece in enumerate(pieces)
        for each in piece
    ]
    base = over(rows).encode(x=axis.x("at"), y=alt.Y("value:Q", scale=scale, axis=y_axis()))
    line = base.mark_line(aria=False, color=colour, strokeWidth=1.6, strokeDash=list(dash), clip=True)
    points = base.transform_filter("datum.alone").mark_point(aria=False, filled=True, size=9, color=colour, clip=True)
    return [line.encode(detail="piece:N"), points]


def _quantiles(view: LiveView, axis: TimeAxis, at: Stretch) -> list[alt.Chart]:
    buckets = view.quantiles
    highest = _top(max((ms for each in buckets for ms in (each.p50_ms, each.p99_ms) if ms is not None), default=0.0))
    scale = at.scale(0, highest)
    layers = []
    for level in LEVEL_LINES:
        rows = [
            {
                "start": max(view.start_s + each.start_s, view.watched_s) * 1000,
                "end": (view.start_s + each.end_s) * 1000,
                "ms": round(ms, 2),
            }
            for each in buckets
            if (ms := level.of(each)) is not None and view.start_s + each.end_s > view.watched_s
        ]
        layers.append(
            over(rows)
            .mark_rule(aria=False, color=INK.light, strokeWidth=level.thick_px, strokeDash=list(level.dash), clip=True)
            .encode(
                x=axis.x("start"),
                x2=alt.X2("end"),
                y=alt.Y("ms:Q", scale=scale, axis=y_axis("datum.value + ' ms'")),
            )
        )
    return layers


def _batches(buckets: Sequence[BatchBucket], axis: TimeAxis, at: Stretch) -> list[alt.Chart]:
    rows = [
        {"start": each.start_s * 1000, "end": each.end_s * 1000, "size": round(each.mean_size, 2), "zero": 0}
        for each in buckets
        if each.mean_size is not None
    ]
    highest = _top(max((row["size"] for row in rows), default=0.0))
    scale = at.scale(0, highest)
    return [
        over(rows)
        .mark_rect(aria=False, color=GOOD.light, opacity=0.75, clip=True)
        .encode(
            x=axis.x("start"),
            x2=alt.X2("end"),
            y=alt.Y("size:Q", scale=scale, axis=y_axis()),
            y2=alt.Y2("zero"),
        )
    ]


def _told(reading: Reading, view: LiveView, placed: Sequence[Band]) -> dict[str, Any]:
    quantiles = next(
        (each for each in view.quantiles if view.start_s + each.start_s <= reading.at_s < view.start_s + each.end_s),
        None,
    )
    batch = next((each for each in view.batches if each.start_s < reading.at_s <= each.end_s), None)
    at_ms = reading.at_s * 1000
    return {
        "faults": "; ".join(band.label for band in placed if band.start_s <= at_ms < band.end_s) or "nothing",
        "at": at_ms,
        "answered": f"{reading.completed_rps:.1f}",
        "failed": f"{reading.failed_rps:.1f}",
        "retried": f"{reading.retried_rps:.1f}",
        "p50": _figure(None if quantiles is None else quantiles.p50_ms),
        "p99": _figure(None if quantiles is None else quantiles.p99_ms),
        "points": "0" if quantiles is None else f"{quantiles.points:,}",
        "in_flight": str(reading.in_flight),
        "queued": str(reading.queued),
        "batch": _figure(None if batch is None else batch.mean_size),
    }


def y_axis(expression: str = "format(datum.value, datum.value < 1000 ? '~g' : '~s')") -> alt.Axis:
    """Few labels, on the left, whichever layer comes first."""
    return alt.Axis(title=None, orient="left", tickCount=3, domain=False, labelColor=MUTED.light, labelExpr=expression)


def _top(highest: float) -> float:
    """The end of an axis that begins at zero: a round number, so that it does not move with every sample."""
    rounds = (float(f"{digit}e{power}") for power in range(7) for digit in (1, 2, 3, 5, 8))
    return next((each for each in rounds if highest <= each), highest)


def _figure(value: float | None) -> str:
    return "\N{EN DASH}" if value is None else f"{value:,.1f}"
