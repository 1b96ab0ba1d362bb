"""Two sides of runs: what differs, how sure that is, and how both went from the first fault on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import streamlit as st

from dashboard.markup import banner, heading, table, told
from dashboard.opened import Opened, opened
from dashboard.settings import Settings
from reports.compare import Comparison, Conclusion, Sample, compare_sets, sample
from reports.compare_plots import intervals_chart, overlay_chart
from reports.directory import RunDirectoryProblem
from reports.index import run_paths
from reports.overlay import aligned
from reports.palette import BAD, GOOD, UNKNOWN
from reports.panels import themed
from reports.seconds import compare_runs

TONES: Final = {
    Conclusion.DIFFERENT: ("✘", BAD),
    Conclusion.NONE_SHOWN: ("✔", GOOD),
    Conclusion.TOO_NOISY: ("?", UNKNOWN),
}
MOST: Final = 12  # runs of one side: each is read in full


def compare_page(settings: Settings) -> None:
    st.html(heading("Compare", "the statistics of brownout compare; choose a run or several for each side"))
    paths = {each.name: each for each in run_paths(settings.runs)}
    if gone := [each for name in ("A", "B") for each in st.query_params.get_all(name) if each not in paths]:
        st.html(banner(UNKNOWN, "?", "There is no such run:", ", ".join(gone)))
    left, right = st.columns(2)
    sides = [
        column.multiselect(f"Side {name}", list(paths), _asked(name, paths), max_selections=MOST)
        for column, name in ((left, "A"), (right, "B"))
    ]
    if not all(sides):
        st.info("Choose at least one run for A and one for B.")
        return
    st.query_params.from_dict({"A": sides[0], "B": sides[1]})
    try:
        first, second = ([opened(paths[name]) for name in side] for side in sides)
    except RunDirectoryProblem as problem:
        st.html(banner(BAD, "⚠", "A run cannot be read:", str(problem)))
        return
    _show(first, second)


def _asked(side: str, names: Collection[str]) -> list[str]:
    """The runs of the address that are there; a link may be older than what was cleared away."""
    return [each for each in dict.fromkeys(st.query_params.get_all(side)) if each in names][:MOST]


def _show(first: Sequence[Opened], second: Sequence[Opened]) -> None:
    single = len(first) == len(second) == 1
    with st.spinner("Comparing …"):
        comparisons = (
            compare_runs(first[0].record, second[0].record)
            if single
            else compare_sets(_samples(first), _samples(second))
        )
    if single:
        st.html(banner(UNKNOWN, "!", "One run each:", "whether these two differ; it says nothing about the next two."))
    st.html(
        table("B less A", ("measure", "A", "B", "difference", "interval", "conclusion"), list(map(_row, comparisons)))
    )
    dark = st.context.theme.type == "dark"
    intervals = themed(intervals_chart(comparisons), dark=dark)
    st.vega_lite_chart(intervals, theme=None, width="stretch", key="intervals")
    st.html(heading("Answers over time", "aligned at the first fault: A thick, B dashed", level=2))
    overlay = overlay_chart([aligned(each.record) for each in first], [aligned(each.record) for each in second])
    st.vega_lite_chart(themed(overlay, dark=dark), theme=None, width="stretch", key="overlay")


def _samples(side: Sequence[Opened]) -> list[Sample]:
    return [sample(each.record, each.entry.name, recovery_s=each.entry.recovery_s) for each in side]


def _row(found: Comparison) -> tuple[object, ...]:
    glyph, tone = TONES[found.conclusion]
    interval = "" if found.low is None else f"{_number(found.low)} to {_number(found.high)}"
    word = told(glyph, found.conclusion.value, tone)
    return (
        f"{found.measure} ({found.unit})",
        _number(found.first),
        _number(found.second),
        _number(found.difference),
        interval,
        word if not found.why else word + f": {found.why}",
    )


def _number(value: float | None) -> str:
    return "\N{EN DASH}" if value is None else f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
