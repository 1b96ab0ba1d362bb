"""Two sides of a comparison as pictures: the interval around each difference, and their runs laid over each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import altair as alt

from reports.compare import Comparison, Conclusion
from reports.frame import FONT, Chart, over, unchecked
from reports.overlay import OverlayPoint
from reports.palette import BAD, GOOD, INK, LINE, MUTED, UNKNOWN

COLOURS: Final[Mapping[Conclusion, str]] = {
    Conclusion.DIFFERENT: BAD.light,
    Conclusion.NONE_SHOWN: GOOD.light,
    Conclusion.TOO_NOISY: UNKNOWN.light,
}
SHAPES: Final[Mapping[Conclusion, str]] = {
    Conclusion.DIFFERENT: "cross",
    Conclusion.NONE_SHOWN: "circle",
    Conclusion.TOO_NOISY: "diamond",
}
ROW_PX: Final = 34


@unchecked
def intervals_chart(comparisons: Sequence[Comparison]) -> Chart:
    """B less A as a share of A, a row for each measure that has both; a measure that is zero in A has no share."""
    rows = [
        {
            "measure": each.measure,
            "difference": each.difference / each.first,
            "low": each.low / each.first,
            "high": each.high / each.first,
            "conclusion": each.conclusion.value,
        }
        for each in comparisons
        if each.first and each.difference is not None and each.low is not None and each.high is not None
    ]
    words = [each.value for each in Conclusion]
    colour = alt.Color("conclusion:N", scale=alt.Scale(domain=words, range=[COLOURS[each] for each in Conclusion]))
    y = alt.Y("measure:N", sort=None, axis=alt.Axis(title=None, domain=False, ticks=False))
    x = alt.X("low:Q", axis=alt.Axis(title="B less A, as a share of A", format="+%", tickCount=7))
    base = over(rows)
    return alt.layer(
        over([{"zero": 0}]).mark_rule(aria=False, color=INK.light).encode(x=alt.X("zero:Q")),
        base.mark_rule(aria=False, strokeWidth=3).encode(x=x, x2=alt.X2("high"), y=y, color=colour),
        base.mark_point(aria=False, filled=True, size=90, opacity=1).encode(
            x=alt.X("difference:Q"),
            y=y,
            color=colour,
            shape=alt.Shape("conclusion:N", scale=alt.Scale(domain=words, range=[SHAPES[each] for each in Conclusion])),
        ),
        width="container",
        height=ROW_PX * max(1, len(rows)),
        background="transparent",
        config=_look(),
    )


@unchecked
def overlay_chart(first: Sequence[Sequence[OverlayPoint]], second: Sequence[Sequence[OverlayPoint]]) -> Chart:
    """A line for each run: those of A thick, those of B dashed; zero is where the first fault of each was injected."""
    rows = [
        {"at": point.at_s, "answers": point.answers, "run": f"{side}{number}", "side": side}
        for side, runs in (("A", first), ("B", second))
        for number, run in enumerate(runs)
        for point in run
    ]
    x = alt.X("at:Q", axis=alt.Axis(title="seconds since the first fault", grid=False))
    y = alt.Y("answers:Q", scale=alt.Scale(zero=True), axis=alt.Axis(title="answers per second", tickCount=4))
    return alt.layer(
        over([{"zero": 0}]).mark_rule(aria=False, color=MUTED.light, strokeDash=[2, 2]).encode(x=alt.X("zero:Q")),
        over(rows)
        .mark_line(aria=False, interpolate="step-after")
        .encode(
            x=x,
            y=y,
            detail="run:N",
            color=alt.Color("side:N", scale=alt.Scale(domain=["A", "B"], range=[GOOD.light, INK.light])),
            strokeDash=alt.StrokeDash("side:N", scale=alt.Scale(domain=["A", "B"], range=[[1, 0], [6, 3]])),
            strokeWidth=alt.condition("datum.side === 'A'", alt.value(2.6), alt.value(1.4)),
        ),
        width="container",
        height=220,
        background="transparent",
        config=_look(),
    )


def _look() -> alt.Config:
    words: dict[str, Any] = {"labelFont": FONT, "titleFont": FONT, "labelColor": MUTED.light, "titleColor": MUTED.light}
    return alt.Config(
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(**words, gridColor=LINE.light, titleFontWeight="normal"),
        legend=alt.LegendConfig(labelFont=FONT, labelColor=INK.light, title=None, orient="top"),
    )
