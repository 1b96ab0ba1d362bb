"""Latency of every request as points that can be clicked, and its quantiles over them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import altair as alt

from reports.frame import OUTCOME_WORDS, over
from reports.levels import LEVEL_LINES
from reports.palette import BAD, GOOD, INK, UNKNOWN
from reports.panels import Stretch, TimeAxis, key
from reports.plots import OUTCOME_WORD, POINTS
from reports.request_columns import RequestColumns
from reports.series import QuantileBucket, drawn_points, silent

CLICKED: Final = "request"  # the selection that a page asks for: the op of the request that was clicked


def latency_panel(
    requests: RequestColumns, quantiles: Sequence[QuantileBucket], axis: TimeAxis, at: Stretch
) -> list[alt.Chart]:
    """Failures, unknowns and retries stand out; what never came back is at the upper edge, without a latency."""
    shown = drawn_points(requests, POINTS)
    rows = [
        {
            "due": point.due_s,
            "ms": max(point.ms, 0.01),
            "outcome": OUTCOME_WORD[point.outcome],
            "retries": point.retries,
            "op": point.op,
        }
        for point in shown
    ]
    low = min((max(point.ms, 0.01) for point in shown), default=1.0)
    high = max((max(point.ms, 0.01) for point in shown), default=1000.0)
    scale = at.scale(10 ** math.floor(math.log10(low)), 10 ** math.ceil(math.log10(high * 1.01)), kind="log")
    labels = alt.Axis(
        title=None,
        orient="left",
        tickCount=5,
        domain=False,
        labelExpr="abs(log(datum.value)/LN10 - round(log(datum.value)/LN10)) > 0.001 ? ''"
        " : datum.value < 1000 ? datum.value + ' ms'"
        " : datum.value / 1000 + ' s'",
    )
    clicked = alt.selection_point(name=CLICKED, fields=["op"], on="click", nearest=False, empty=False)
    plain = "datum.outcome == 'ok' && datum.retries == 0"
    scatter = (
        over(rows)
        .mark_point(aria=False, filled=True, clip=True, cursor="pointer")
        .encode(
            x=axis.x("due"),
            y=alt.Y("ms:Q", scale=scale, axis=labels),
            color=alt.Color(
                "outcome:N",
                scale=alt.Scale(domain=list(OUTCOME_WORDS), range=[GOOD.light, BAD.light, UNKNOWN.light]),
                legend=None,
            ),
            shape=alt.Shape(
                "outcome:N",
                scale=alt.Scale(domain=list(OUTCOME_WORDS), range=["circle", "cross", "diamond"]),
                legend=None,
            ),
            size=alt.condition(plain, alt.value(14), alt.value(64)),
            opacity=alt.condition(plain, alt.value(0.5), alt.value(1)),
            tooltip=[
                alt.Tooltip("due:Q", title="due, s", format=".3f"),
                alt.Tooltip("ms:Q", title="ms", format=".1f"),
                "outcome:N",
                "retries:Q",
                alt.Tooltip("op:Q", title="op"),
            ],
        )
        .add_params(clicked)
    )
    levels = []
    for level in LEVEL_LINES:
        told = [
            {"start": each.start_s, "end": each.end_s, "ms": max(ms, 0.01)}
            for each in quantiles
            if (ms := level.of(each)) is not None
        ]
        levels.append(
            over(told)
            .mark_rule(aria=False, clip=True, color=INK.light, strokeWidth=level.thick_px, strokeDash=list(level.dash))
            .encode(x=axis.x("start"), x2=alt.X2("end"), y=alt.Y("ms:Q", scale=scale, axis=labels))
        )
    never = [{"due": due_s} for due_s in silent(requests)]
    mark: dict[str, Any] = {"aria": False, "shape": "triangle-up", "size": 70, "filled": False, "strokeWidth": 2}
    edge = (
        [over(never).mark_point(**mark, clip=True, color=UNKNOWN.light, y=at.top_px + 6).encode(x=axis.x("due"))]
        if never
        else []
    )
    marks = [("large: after a retry", INK.light), ("✚ failed", BAD.light), ("◆ unknown", UNKNOWN.light)]
    return [scatter, *levels, *edge, *key(marks, at)]
