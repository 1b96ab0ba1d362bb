"""The states of workers: a row for each, with words for every time at which it was not up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import altair as alt

from reports.bands import CHARACTER_PX
from reports.frame import FONT, over
from reports.palette import GROUND, INK, state_colour
from reports.panels import KEY_PX, LAID_OUT_PX, Panel, Stretch, TimeAxis
from reports.states import UP, Spell, StateSpan, spells

ROW_PX: Final = 34
FOOT: Final = 0.94  # of a row, where its bars stand
LANE: Final = 0.17  # of a row, the middle of the words above its bars
# Share of a row's height: a state is told by its shape as well as its colour.
HEIGHTS: Final = {"up": 0.58, "trial": 0.4, "suspected": 0.4, "starting": 0.24, "leaving": 0.24, "ejected": 0.24}
LOWEST: Final = 0.09
SMALL: Final = 10 / 11  # the words' size against that which CHARACTER_PX is of


def states_panel(spans: Sequence[StateSpan], workers: Sequence[str], axis: TimeAxis) -> Panel:
    """`spans` in the units of the axis. Beside the title stands what each height and colour is."""
    return Panel("workers", ROW_PX * max(1, len(workers)), lambda at: _rows(spans, workers, axis, at))


def spell_words(spell: Spell, unit_s: float = 1.0) -> str:
    """What it was and for how long; its times are in units of so many seconds."""
    seconds = (spell.end_s - spell.start_s) * unit_s
    return f"{spell.words}, {seconds:.1f} s" if spell.over else f"{spell.words}, {seconds:.1f} s or more"


def _rows(spans: Iterable[StateSpan], workers: Sequence[str], axis: TimeAxis, at: Stretch) -> list[alt.Chart]:
    row = {worker: number for number, worker in enumerate(workers)}
    shown = [each for each in spans if each.worker in row]
    bars = over(
        {
            "start": max(span.start_s, axis.start),
            "end": span.end_s,
            "base": row[span.worker] + FOOT,
            "top": row[span.worker] + FOOT - HEIGHTS.get(span.state, LOWEST),
            "middle": row[span.worker] + FOOT - HEIGHTS[UP] / 2,
            "worker": span.worker,
            "state": span.state,
            "colour": state_colour(span.state).light,
            "words": span.state if span.state == UP and _px(span.state) < _wide_px(span, axis) else "",
        }
        for span in shown
    )
    scale = at.rows(len(workers))
    named = over({"worker": worker, "row": number + FOOT - HEIGHTS[UP] / 2} for worker, number in row.items())
    words: dict[str, Any] = {"aria": False, "baseline": "middle", "font": FONT, "fontSize": 11}
    small: dict[str, Any] = {**words, "fontSize": 10, "fontWeight": 600, "clip": True}
    y = alt.Y("middle:Q", scale=scale, axis=None)
    labels = over(_labels(spells(shown), row, axis)).encode(x=axis.x("words_at"), y=y, text="words:N")
    return [
        bars.mark_rect(aria=False, clip=True).encode(
            x=axis.x("start"),
            x2=alt.X2("end"),
            y=alt.Y("base:Q", scale=scale, axis=None),
            y2=alt.Y2("top"),
            color=alt.Color("colour:N", scale=None, legend=None),
            tooltip=[alt.Tooltip("worker:N"), alt.Tooltip("state:N")],
        ),
        bars.mark_text(**small, align="left", dx=5, color=GROUND.light).encode(x=axis.x("start"), y=y, text="words:N"),
        labels.transform_filter("datum.align == 'left'").mark_text(**small, align="left", color=INK.light),
        labels.transform_filter("datum.align == 'right'").mark_text(**small, align="right", color=INK.light),
        named.mark_text(**words, align="right", clip=False, x=-8, color=INK.light).encode(
            y=alt.Y("row:Q", scale=scale, axis=None), text="worker:N"
        ),
        *_key({span.state for span in shown}, at),
    ]


def _labels(found: Iterable[Spell], row: dict[str, int], axis: TimeAxis) -> Iterator[dict[str, Any]]:
    """Words for each spell in the lane above its row; none where they would run into those before.

    Those of a spell that began before the chart does stand at its edge.
    """
    free_from = dict.fromkeys(row, axis.start)
    for spell in found:
        words = spell_words(spell, 0.001 if axis.of_day else 1.0)
        long = _px(words) * (axis.end - axis.start) / LAID_OUT_PX
        begins = max(spell.start_s, axis.start)
        fits = begins + long <= axis.end
        start = begins if fits else axis.end - long
        if start < free_from[spell.worker]:
            continue
        free_from[spell.worker] = start + long
        yield {
            "words_at": start if fits else axis.end,
            "align": "left" if fits else "right",
            "middle": row[spell.worker] + LANE,
            "words": words,
        }


def _key(states: set[str], at: Stretch) -> list[alt.Chart]:
    """What each height and colour is, above the panel at its right end; in the order of their heights."""
    ordered = [*(each for each in HEIGHTS if each in states), *sorted(states - HEIGHTS.keys())]
    layers: list[alt.Chart] = []
    left_px = 0.0  # from the right end of the panel
    for state in reversed(ordered):
        left_px += _px(state) + 28
        place = over([{"words": state}])
        foot_px = at.top_px + KEY_PX + 5
        tall_px = HEIGHTS.get(state, LOWEST) * ROW_PX / 2
        box: dict[str, Any] = {"x": {"expr": f"width - {left_px}"}, "x2": {"expr": f"width - {left_px} + 10"}}
        look: dict[str, Any] = {"aria": False, "align": "left", "baseline": "middle", "font": FONT, "fontSize": 11}
        words = place.mark_text(**look, color=INK.light, x={"expr": f"width - {left_px} + 14"}, y=at.top_px + KEY_PX)
        layers += [
            place.mark_rect(aria=False, color=state_colour(state).light, **box, y=foot_px - tall_px, y2=foot_px),
            words.encode(text="words:N"),
        ]
    return layers


def _px(words: str) -> float:
    """How wide they are."""
    return len(words) * CHARACTER_PX * SMALL


def _wide_px(span: StateSpan, axis: TimeAxis) -> float:
    return (span.end_s - max(span.start_s, axis.start)) * LAID_OUT_PX / (axis.end - axis.start) - 5
