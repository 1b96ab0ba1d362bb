"""Where the fault windows of a run are drawn: in which lane, with which words, on which side of the bar.

Faults that are in force together get lanes of their own, and so do faults whose labels would run into each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from reports.windows import FaultWindow

CHARACTER_PX = 6.3  # the mean width of a character of the label's font, at 11 px
GAP_PX = 10.0


@dataclass(frozen=True, slots=True)
class Band:
    """One fault window as drawn. `label_s` is where its label is anchored, with `align` saying which end of it."""

    kind: str
    target: str
    label: str
    start_s: float
    end_s: float
    healed: bool
    lane: int
    label_s: float
    align: Literal["left", "right"]
    inside: bool


def fault_label(window: FaultWindow) -> str:
    """What it was, and what is odd about it."""
    notes = [
        *(["never healed"] if window.healed_s is None else []),
        *(["did not bite"] if window.bit is False else ["not shown to bite"] if window.bit is None else []),
    ]
    return f"{window.kind} {window.target}" + (f" ({', '.join(notes)})" if notes else "")


def bands(
    windows: Iterable[FaultWindow],
    span_s: float,
    width_px: float,
    label_of: Callable[[FaultWindow], str] = fault_label,
) -> tuple[Band, ...]:
    """Lay out `windows` over a chart that shows [0, span_s] in `width_px`. One never healed lasts to the end."""
    second_px = width_px / span_s
    taken: list[float] = []  # per lane, the pixel from which it is free
    placed: list[Band] = []
    for window in sorted(windows, key=lambda each: (each.injected_s, each.id)):
        end_s = span_s if window.healed_s is None else window.healed_s
        label = label_of(window)
        label_px = len(label) * CHARACTER_PX + GAP_PX
        start_px, end_px = window.injected_s * second_px, end_s * second_px
        align: Literal["left", "right"] = "left"
        inside = label_px <= end_px - start_px
        if inside:
            label_s, from_px, to_px = window.injected_s, start_px, end_px
        elif end_px + label_px <= width_px:
            label_s, from_px, to_px = end_s, start_px, end_px + label_px
        else:
            label_s, align, from_px, to_px = window.injected_s, "right", start_px - label_px, end_px
        lane = next((number for number, free_px in enumerate(taken) if free_px <= from_px), len(taken))
        taken[lane : lane + 1] = [to_px]
        placed.append(
            Band(
                kind=window.kind,
                target=window.target,
                label=label,
                start_s=window.injected_s,
                end_s=end_s,
                healed=window.healed_s is not None,
                lane=lane,
                label_s=label_s,
                align=align,
                inside=inside,
            )
        )
    return tuple(placed)
