"""Plots below each other on one time axis, as one chart: a crosshair and a zoom go through all of them.

A chart of several views would do that too, but a page cannot ask such a chart what was clicked. So this is one view:
each panel has a stretch of its height, and scales that reach over that stretch alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import altair as alt

from reports.bands import CHARACTER_PX
from reports.frame import AXIS_PX, FONT, RIGHT_PX, Chart, over
from reports.palette import INK, LINE, MUTED, colours

MARKS_MS: Final = (1_000, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000)
TITLE_PX: Final = 30  # above each panel
KEY_PX: Final = -8  # from the top of a panel, the middle of its title
LAID_OUT_PX: Final = 1100  # the width for which words are laid out; a page may be wider
CROSSHAIR: Final = "crosshair"
ZOOM: Final = "zoom"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where a panel is: `top_px` is the smaller number, as pixels count downwards."""

    top_px: float
    bottom_px: float

    def scale(self, low: float, high: float, *, kind: Literal["linear", "log"] = "linear") -> alt.Scale:
        """From `low` at the bottom to `high` at the top."""
        return alt.Scale(domain=[low, high], range=[self.bottom_px, self.top_px], type=kind, nice=False, clamp=True)

    def rows(self, count: int) -> alt.Scale:
        """`count` rows of height 1, the first at the top."""
        return alt.Scale(domain=[0, max(1, count)], range=[self.top_px, self.bottom_px], nice=False)


@dataclass(frozen=True, slots=True)
class Panel:
    """One plot. `draw` gets its stretch; its marks are drawn in the order it gives them.

    What finds the moment nearest to the pointer lies over all panels but those whose marks can be clicked.
    """

    title: str
    height_px: int
    draw: Callable[[Stretch], Sequence[alt.Chart]]
    clickable: bool = False


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """From `start` to `end`: seconds of the run, or milliseconds since the epoch shown as a time of day."""

    start: float
    end: float
    of_day: bool = False
    title: str = "seconds since the run began"

    def x(self, field: str) -> alt.X:
        """Times of day are numbers to the chart as well: it would otherwise warn of scales that it takes for others."""
        shown: dict[str, Any] = (
            {
                "title": "time of day, UTC",
                "values": list(self.marks()),
                "labelExpr": "utcFormat(datum.value, '%H:%M:%S')",
            }
            if self.of_day
            else {"title": self.title, "format": "~g", "tickCount": 12}
        )
        axis = alt.Axis(**shown, grid=False, domainColor=MUTED.light, labelOverlap=True)
        return alt.X(f"{field}:Q", scale=alt.Scale(domain=[self.start, self.end], nice=False), axis=axis)

    def marks(self) -> Iterator[float]:
        """Round times of day, no more than a dozen."""
        step = next((each for each in MARKS_MS if (self.end - self.start) / each <= 12), MARKS_MS[-1])
        at = math.ceil(self.start / step) * step
        while at <= self.end:
            yield at
            at += step


def stacked(
    panels: Sequence[Panel],
    axis: TimeAxis,
    moments: Iterable[Mapping[str, Any]],
    told: Sequence[tuple[str, str]],
    *,
    zoom: bool,
    behind: Callable[[float], Sequence[alt.Chart]] = lambda _: (),
) -> Chart:
    """All of `panels`. `moments` have `at` and the fields in `told`, (field, title), which the crosshair tells.

    `behind` draws what goes through all panels, given their height. `zoom` by wheel and drag, along time only.
    """
    under: list[alt.Chart | Chart] = []
    above: list[alt.Chart | Chart] = []
    top_px = 0.0
    titles = []
    for panel in panels:
        top_px += TITLE_PX
        titles.append({"title": panel.title, "y": top_px + KEY_PX})
        drawn = alt.layer(*panel.draw(Stretch(top_px, top_px + panel.height_px)))
        (above if panel.clickable else under).append(drawn)
        top_px += panel.height_px
    height_px = top_px
    words: dict[str, Any] = {"aria": False, "align": "left", "baseline": "middle", "font": FONT}
    named = (
        over(titles)
        .mark_text(**words, x=0, fontSize=12, fontWeight=600, color=INK.light)
        .encode(y=alt.Y("y:Q", scale=None, axis=None), text="title:N")
    )
    through = [alt.layer(*layers)] if (layers := behind(height_px)) else []
    layers_of_all = [*through, *under, named, _crosshair(axis, moments, told, height_px), *above]
    look: dict[str, Any] = {"labelFont": FONT, "titleFont": FONT, "labelColor": MUTED.light, "titleColor": MUTED.light}
    chart = alt.layer(
        *layers_of_all,
        width="container",
        height=height_px,
        background="transparent",
        # Only the width follows the page: a height that has to hold the labels too would squeeze the last panel.
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
        resolve=alt.Resolve(scale=alt.ScaleResolveMap(y="independent", color="independent", shape="independent")),
        config=alt.Config(
            view=alt.ViewConfig(stroke=None),
            axis=alt.AxisConfig(**look, gridColor=LINE.light, tickColor=LINE.light, titleFontWeight="normal"),
            legend=alt.LegendConfig(labelFont=FONT, labelColor=INK.light),
        ),
    )
    if zoom:
        chart = chart.add_params(alt.selection_interval(name=ZOOM, bind="scales", encodings=["x"]))
    return chart


def key(entries: Sequence[tuple[str, str]], at: Stretch) -> list[alt.Chart]:
    """Words in the colour of what they stand for, beside the panel's title at its right end."""
    look: dict[str, Any] = {"aria": False, "align": "right", "baseline": "middle", "font": FONT, "fontSize": 11}
    layers: list[alt.Chart] = []
    right_px = 0.0  # from the right end of the panel
    for words, colour in reversed(entries):
        layers.append(
            over([{"words": words, "colour": colour}])
            .mark_text(**look, fontWeight=600, x={"expr": f"width - {right_px:g}"}, y=at.top_px + KEY_PX)
            .encode(text="words:N", color=alt.Color("colour:N", scale=None, legend=None))
        )
        right_px += len(words) * CHARACTER_PX + 16
    return layers


def in_line(chart: Chart, width_px: int) -> Chart:
    """The same for a page that does not follow its window: its inner edges are those of charts in a `frame`."""
    placed: Chart = chart.properties(
        width=width_px,
        autosize=alt.AutoSizeParams(type="none"),
        padding={"left": AXIS_PX, "right": RIGHT_PX, "top": 8, "bottom": 40},
    )
    return placed


def themed(chart: alt.TopLevelMixin, *, dark: bool) -> dict[str, Any]:
    """The specification of a chart in the colours of a page's theme."""
    specification: dict[str, Any] = chart.to_dict(validate=False)
    if not dark:
        return specification
    dark_for = {colour.light: colour.dark for colour in colours()}
    return {name: _recoloured(part, dark_for) for name, part in specification.items()}


def _recoloured(part: Any, to: Mapping[str, str]) -> Any:  # noqa: ANN401 - any part of a specification
    if isinstance(part, Mapping):
        return {name: _recoloured(each, to) for name, each in part.items()}
    if isinstance(part, list | tuple):
        return [_recoloured(each, to) for each in part]
    return to.get(part, part) if isinstance(part, str) else part


def _crosshair(
    axis: TimeAxis, moments: Iterable[Mapping[str, Any]], told: Sequence[tuple[str, str]], height_px: float
) -> alt.Chart:
    """A line through all panels at the moment nearest to the pointer, which tells what was measured there."""
    nearest = alt.selection_point(name=CROSSHAIR, fields=["at"], nearest=True, on="pointermove", empty=False)
    when = alt.Tooltip("day:N", title="time, UTC") if axis.of_day else alt.Tooltip("at:Q", title="second", format=".2f")
    base = over(moments)
    if axis.of_day:
        base = base.transform_calculate(day="utcFormat(datum.at, '%H:%M:%S')")
    crosshair: alt.Chart = (
        base.mark_rule(aria=False, color=MUTED.light, y=0, y2=height_px, strokeWidth=1)
        .encode(
            x=axis.x("at"),
            opacity=alt.condition(nearest, alt.value(0.9), alt.value(0.0)),
            tooltip=[when, *(alt.Tooltip(f"{field}:N", title=title) for field, title in told)],
        )
        .add_params(nearest)
    )
    return crosshair
