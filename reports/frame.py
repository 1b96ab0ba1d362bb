"""The frame that all charts of a run share: the time axis, the fault windows behind it, type and colours.

As wide and as far from the left edge in each, so that what happened at one moment stands in one line down the page.
Fault windows are bands behind the plot, with a labelled bar for each above it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import altair as alt
from altair.utils.schemapi import debug_mode

from reports.bands import CHARACTER_PX, GAP_PX, Band, bands
from reports.noise import Stall, stalls
from reports.palette import BAD, GOOD, GROUND, INK, LINE, MUTED, UNKNOWN, fault_colour
from reports.record import Record

WIDTH_PX: Final = 1000
AXIS_PX: Final = 84
RIGHT_PX: Final = 54  # the words beside the last levels
LANE_PX: Final = 18
BAR_PX: Final = 14
STALL_PX: Final = 14  # for words above all bars, where the machine stood still
FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
OUTCOME_WORDS: Final = ("ok", "failed", "unknown")
ARRIVING: Final = "answers as they arrive"
Chart: TypeAlias = alt.LayerChart | alt.FacetChart  # what altair says of layers that share a time axis


unchecked: Final = debug_mode(False)
"""Decorates what draws a chart: altair would hold each of its pieces against a schema as it is made, which takes longer
than all the rest. tests/reports/test_schema.py holds every chart against it as a whole."""


def framed(
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
    found = stalls(record)
    foot_px = -lanes * LANE_PX - STALL_PX / 2
    if still := stood_still(found, alt.X("start:Q"), height_px, words_px=foot_px, span_s=span_s, width_px=width_px):
        groups.insert(0, alt.layer(*still))
    words: dict[str, Any] = {"labelFont": FONT, "titleFont": FONT, "labelColor": MUTED.light, "titleColor": MUTED.light}
    # All at once: each of altair's own steps, such as configure_axis, would copy every layer anew.
    return alt.layer(
        *groups,
        width=width_px,
        height=height_px,
        background="transparent",
        autosize=alt.AutoSizeParams(type="none"),
        padding={
            "left": AXIS_PX,
            "right": RIGHT_PX,
            "top": lanes * LANE_PX + (STALL_PX if found else 0) + 8,
            "bottom": 66 if legend else 40,
        },
        resolve=alt.Resolve(scale=alt.ScaleResolveMap(y="independent", color="independent")),
        config=alt.Config(
            view=alt.ViewConfig(stroke=None),
            axis=alt.AxisConfig(**words, gridColor=LINE.light, tickColor=LINE.light, titleFontWeight="normal"),
            legend=alt.LegendConfig(labelFont=FONT, labelColor=INK.light),
        ),
    )


def stood_still(
    found: Iterable[Stall], start: alt.X, height_px: float, *, words_px: float, span_s: float, width_px: float
) -> list[alt.Chart]:
    """The times at which the machine itself did nothing, behind everything, with words whose middle is at `words_px`.

    The chart shows [0, span_s] in `width_px`: words that would run into those before are left out.
    """
    rows = tuple({"start": each.start_s, "end": each.end_s} for each in found)
    if not rows:
        return []
    base = over(rows).encode(x=start)
    whole: dict[str, Any] = {"aria": False, "clip": True, "color": MUTED.light, "y": 0, "y2": height_px}
    look: dict[str, Any] = {"aria": False, "baseline": "middle", "font": FONT, "fontSize": 10, "color": MUTED.light}
    words = over(_stall_words(rows, span_s, span_s / width_px)).encode(x=start, text="words:N")
    return [
        base.mark_rect(**whole, opacity=0.25).encode(x2=alt.X2("end:Q")),
        base.mark_rule(**whole, opacity=0.7, strokeDash=[1, 3]),
        words.transform_filter("datum.align == 'left'").mark_text(**look, align="left", y=words_px),
        words.transform_filter("datum.align == 'right'").mark_text(**look, align="right", y=words_px),
    ]


def _stall_words(rows: Iterable[Mapping[str, float]], span_s: float, pixel_s: float) -> Iterator[Mapping[str, Any]]:
    """From the beginning of each or, at the end of the chart, up to its end."""
    free_s = 0.0
    for row in rows:
        words = f"machine stood still, {row['end'] - row['start']:.2f} s"
        long_s = (len(words) * CHARACTER_PX + GAP_PX) * pixel_s
        fits = row["start"] + long_s <= span_s
        begins_s = row["start"] if fits else row["end"] - long_s
        if begins_s >= free_s:
            free_s = begins_s + long_s
            yield {"start": row["start" if fits else "end"], "align": "left" if fits else "right", "words": words}


def over(rows: Iterable[Mapping[str, Any]]) -> alt.Chart:
    # A tuple, for altair copies lists anew, row by row, each time a chart is refined: seconds for a run of some size.
    return alt.Chart(alt.InlineData(tuple(rows)))


def time_axis(field: str, span_s: float) -> alt.X:
    axis = alt.Axis(title="seconds since the run began", tickCount=20, format="~g", grid=False, domainColor=MUTED.light)
    return alt.X(field, scale=alt.Scale(domain=[0, span_s], nice=False), axis=axis)


def y_axis(title: str) -> alt.Axis:
    return alt.Axis(title=title, tickCount=4, format="~d", tickMinStep=1, domain=False)


def outcome_colours() -> alt.Scale:
    return alt.Scale(domain=[*OUTCOME_WORDS, ARRIVING], range=[GOOD.light, BAD.light, UNKNOWN.light, INK.light])


def outcome_legend() -> alt.Legend:
    return alt.Legend(orient="bottom", title=None, symbolType="square", symbolSize=90, labelFontSize=11, offset=4)


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
            "middle": -(band.lane + 1) * LANE_PX + BAR_PX / 2 + 0.5,
        }
        for band in placed
    ]
    base = over(rows).encode(color=alt.Color("colour:N", scale=None, legend=None))
    start, until = alt.X("start:Q"), alt.X2("end:Q")
    top, foot = alt.Y("top:Q", scale=None, axis=None), alt.Y2("foot:Q")
    edge: dict[str, Any] = {"aria": False, "opacity": 0.75}
    label: dict[str, Any] = {"aria": False, "baseline": "middle", "font": FONT, "fontSize": 11, "fontWeight": 600}
    words = over(rows).encode(
        x=alt.X("label_at:Q"),
        y=alt.Y("middle:Q", scale=None, axis=None),
        text=alt.Text("label:N"),
        color=alt.Color("label_colour:N", scale=None, legend=None),
    )
    return [
        base.mark_rect(aria=False, opacity=0.08, y=0, y2=height_px).encode(x=start, x2=until),
        base.mark_rule(**edge, y=0, y2=height_px).encode(x=start),
        base.mark_rule(**edge, y=0, y2=height_px, strokeDash=[3, 3])
        .transform_filter("datum.healed")
        .encode(x=alt.X("end:Q")),
        base.mark_rect(aria=False).encode(x=start, x2=until, y=top, y2=foot),
        words.transform_filter("datum.align == 'left'").mark_text(**label, align="left", dx=5),
        words.transform_filter("datum.align == 'right'").mark_text(**label, align="right", dx=-5),
    ]
