"""One request as a waterfall, and one figure over the runs of a scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import altair as alt

from reports.bands import CHARACTER_PX, GAP_PX
from reports.frame import FONT, WIDTH_PX, Chart, over, unchecked
from reports.palette import BAD, GOOD, GROUND, INK, LINE, MUTED, UNKNOWN, Colour
from reports.panels import Panel, Stretch, TimeAxis, stacked
from reports.trends import Trend
from reports.verdict import Verdict
from reports.waterfall import Step, Tone

TONES: Final[Mapping[Tone, Colour]] = {"good": GOOD, "bad": BAD, "unknown": UNKNOWN, "muted": MUTED}


@unchecked
def waterfall_chart(steps: Sequence[Step]) -> Chart:
    """A row for each place that had the request; bars say what became of it there."""
    places = list(dict.fromkeys(step.place for step in steps))
    start, end = min(step.start_s for step in steps), max(step.end_s for step in steps)
    axis = TimeAxis(start, max(end, start + 0.001))
    row = {place: number for number, place in enumerate(places)}
    rows = [
        {
            "start": step.start_s,
            "end": step.end_s,
            "top": row[step.place] + 0.18,
            "base": row[step.place] + 0.82,
            "middle": row[step.place] + 0.5,
            "place": step.place,
            "words": _words(step),
            "colour": TONES[step.tone].light,
            "side": _side(step, steps, axis),
        }
        for step in steps
    ]

    def draw(at: Stretch) -> Sequence[alt.Chart]:
        scale = at.rows(len(places))
        bars = over(rows)
        text: dict[str, Any] = {"aria": False, "baseline": "middle", "font": FONT, "fontSize": 11, "fontWeight": 600}
        y = alt.Y("middle:Q", scale=scale, axis=None)
        halo = {"stroke": GROUND.light, "strokeWidth": 4}
        after: dict[str, Any] = {"align": "left", "dx": 4}
        before: dict[str, Any] = {"align": "right", "dx": -4}
        return [
            bars.mark_rect(aria=False, minBandSize=2).encode(
                x=axis.x("start"),
                x2=alt.X2("end"),
                y=alt.Y("top:Q", scale=scale, axis=None),
                y2=alt.Y2("base"),
                color=alt.Color("colour:N", scale=None, legend=None),
                tooltip=[alt.Tooltip("place:N"), alt.Tooltip("words:N")],
            ),
            *(
                bars.transform_filter(f"datum.side === '{side}'")
                .mark_text(**text, **place, color=GROUND.light)
                .encode(x=axis.x(edge), y=y, text="words:N")
                for side, edge, place in (("first", "start", after), ("last", "end", before))
            ),
            *(
                bars.transform_filter(f"datum.side === '{side}'")
                .mark_text(**look)
                .encode(x=axis.x(edge), y=y, text="words:N")
                for side, edge, place in (("after", "end", after), ("before", "start", before))
                for look in ({**text, **place, **halo}, {**text, **place, "color": INK.light})
            ),
            over({"place": place, "row": number + 0.5} for place, number in row.items())
            .mark_text(**text, clip=False, x=-8, align="right", color=INK.light)
            .encode(y=alt.Y("row:Q", scale=scale, axis=None), text="place:N"),
        ]

    moments = [{"at": step.start_s, "what": f"{step.place}: {step.words}"} for step in steps]
    return stacked([Panel("", 34 * len(places), draw)], axis, moments, (("what", "from here"),), zoom=False)


def _words(step: Step) -> str:
    return f"{step.words}, {step.ms:,.1f} ms"


def _side(step: Step, steps: Sequence[Step], axis: TimeAxis) -> Literal["first", "last", "after", "before"]:
    """Where the words of a bar are: first in it if they fit, else behind it unless the chart ends there.

    Last in it where those of a short bar right before it lie over its beginning.
    """
    if _fits(step, step.end_s - step.start_s, axis):
        short = (
            each for each in steps if each.place == step.place and not _fits(each, each.end_s - each.start_s, axis)
        )
        return "last" if any(each.end_s == step.start_s for each in short) else "first"
    return "after" if _fits(step, axis.end - step.end_s, axis) else "before"


def _fits(step: Step, seconds: float, axis: TimeAxis) -> bool:
    """Whether its words are no wider than what so much time is drawn as."""
    return len(_words(step)) * CHARACTER_PX + GAP_PX <= seconds * WIDTH_PX / (axis.end - axis.start)


@unchecked
def trend_chart(trend: Trend, title: str) -> Chart:
    """One figure over the runs of a scenario, from zero; shape and colour are the verdict's."""
    rows = [
        {
            "number": point.number,
            "value": point.value,
            "verdict": point.verdict.value,
            "run": point.run,
            "commit": point.commit,
        }
        for point in trend.points
    ]
    highest = max((point.value for point in trend.points), default=1.0) * 1.1 or 1.0
    words = [each.value for each in Verdict]
    base = over(rows).encode(
        x=alt.X("number:Q", axis=alt.Axis(title="run", format="d", tickMinStep=1, grid=False)),
        y=alt.Y("value:Q", scale=alt.Scale(domain=[0, highest]), axis=alt.Axis(title=title, tickCount=4)),
    )
    colours = {Verdict.HELD: GOOD.light, Verdict.VIOLATED: BAD.light, Verdict.INCONCLUSIVE: UNKNOWN.light}
    return alt.layer(
        base.mark_line(aria=False, color=LINE.light, strokeWidth=1.5),
        base.mark_point(aria=False, filled=True, size=70).encode(
            color=alt.Color(
                "verdict:N", scale=alt.Scale(domain=words, range=[colours[each] for each in Verdict]), legend=None
            ),
            shape=alt.Shape(
                "verdict:N", scale=alt.Scale(domain=words, range=["circle", "cross", "diamond"]), legend=None
            ),
            tooltip=["run:N", "commit:N", "verdict:N", "value:Q"],
        ),
        width="container",
        height=170,
        background="transparent",
        config=alt.Config(
            view=alt.ViewConfig(stroke=None),
            axis=alt.AxisConfig(
                labelFont=FONT,
                titleFont=FONT,
                labelColor=MUTED.light,
                titleColor=MUTED.light,
                gridColor=LINE.light,
                titleFontWeight="normal",
            ),
        ),
    )
