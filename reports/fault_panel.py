"""The faults of a run: labelled bars in a panel of their own, and their time down through all others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from reports.bands import Band
from reports.frame import FONT, over
from reports.palette import GROUND, fault_colour
from reports.panels import Stretch, TimeAxis


def faults_panel(placed: Sequence[Band], axis: TimeAxis, at: Stretch, lanes: int) -> list[alt.Chart]:
    """A bar for each fault, with its words in it or beside it."""
    rows = [
        {
            "start": band.start_s,
            "end": band.end_s,
            "top": band.lane + 0.12,
            "base": band.lane + 0.92,
            "middle": band.lane + 0.54,
            "label": band.label,
            "label_at": band.label_s,
            "align": band.align,
            "colour": fault_colour(band.kind).light,
            "label_colour": GROUND.light if band.inside else fault_colour(band.kind).light,
        }
        for band in placed
    ]
    scale = at.rows(lanes)
    words: dict[str, Any] = {"aria": False, "baseline": "middle", "font": FONT, "fontSize": 11, "fontWeight": 600}
    labels = over(rows).encode(
        x=axis.x("label_at"),
        y=alt.Y("middle:Q", scale=scale, axis=None),
        text="label:N",
        color=alt.Color("label_colour:N", scale=None, legend=None),
    )
    return [
        over(rows)
        .mark_rect(aria=False, clip=True)
        .encode(
            x=axis.x("start"),
            x2=alt.X2("end"),
            y=alt.Y("top:Q", scale=scale, axis=None),
            y2=alt.Y2("base"),
            color=alt.Color("colour:N", scale=None, legend=None),
            tooltip=[alt.Tooltip("label:N", title="fault")],
        ),
        labels.transform_filter("datum.align == 'left'").mark_text(**words, align="left", dx=5, clip=True),
        labels.transform_filter("datum.align == 'right'").mark_text(**words, align="right", dx=-5, clip=True),
    ]


def faults_behind(placed: Sequence[Band], axis: TimeAxis, height_px: float) -> list[alt.Chart]:
    """The time of each fault, down through all panels."""
    if not placed:
        return []
    rows = [{"start": band.start_s, "end": band.end_s, "colour": fault_colour(band.kind).light} for band in placed]
    base = over(rows).encode(x=axis.x("start"), color=alt.Color("colour:N", scale=None, legend=None))
    return [
        base.mark_rect(aria=False, clip=True, opacity=0.08, y=0, y2=height_px).encode(x2=alt.X2("end")),
        base.mark_rule(aria=False, clip=True, opacity=0.7, y=0, y2=height_px),
    ]
