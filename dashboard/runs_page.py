"""All runs: which held, what they came to, and how the figures of a scenario moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard.markup import heading
from dashboard.opened import listed
from dashboard.settings import Settings
from reports.detail_plots import trend_chart
from reports.index import RunEntry, RunFilter, chosen
from reports.number import NOT_MEASURED
from reports.palette import BAD, GOOD, MUTED, UNKNOWN
from reports.panels import themed
from reports.trends import FIGURES, history_of, trends

GLYPHS: Final = {"HELD": "✔", "VIOLATED": "✘", "INCONCLUSIVE": "?", "unfinished": "…", "broken": "⚠"}

TONES: Final = {"HELD": GOOD, "VIOLATED": BAD, "INCONCLUSIVE": UNKNOWN, "unfinished": MUTED, "broken": MUTED}
SPARE: Final = ("why", "failed", "unknown", "retries", "recovery_s", "commit")  # left out where no run has any
MINUTES: Final = len("2026-01-17T09:31")


def runs_page(settings: Settings, run_page: Any) -> None:  # noqa: ANN401 - a page of Streamlit
    entries = listed(settings.runs)
    st.html(heading("Runs", f"{len(entries):,} under {_short(settings.runs)}"))
    if not entries:
        st.info("No run is there yet. One comes of: pytest -m chaos")
        return
    shown = _chosen(entries)
    st.caption(f"{len(shown):,} of {len(entries):,} runs shown, newest first. Tick the box of a row to open that run.")
    words = {f"{glyph} {word}": TONES[word] for word, glyph in GLYPHS.items()}
    picked = st.dataframe(
        _table(shown, entries),
        hide_index=True,
        height=min(620, 38 + 35 * max(1, len(shown))),
        on_select="rerun",
        selection_mode="single-row",
        key="runs",
        placeholder=NOT_MEASURED,
        column_config={
            "verdict": st.column_config.MultiselectColumn(
                options=list(words),
                # What is written on them is white in both themes.
                color=[tone.light for tone in words.values()],
                width=130,
            ),
            "scenario": st.column_config.TextColumn(width=180),
            "why": st.column_config.TextColumn("what decided it", width=170),
            "started": st.column_config.TextColumn("started, UTC", width=125),
            "substrate": st.column_config.TextColumn(width=76),
            "requests": st.column_config.NumberColumn(width=72),
            "failed": st.column_config.NumberColumn(width=56),
            "unknown": st.column_config.NumberColumn(width=72),
            "retries": st.column_config.NumberColumn(width=62),
            "goodput": st.column_config.NumberColumn("ok/s", format="%.1f", width=56, help="answers per second"),
            "p99_ms": st.column_config.NumberColumn("p99, ms", format="%.0f", width=66),
            "recovery_s": st.column_config.NumberColumn(
                "back, s", format="%.2f", width=62, help="the slowest recovery after a fault, of runs that promise one"
            ),
            "so far": st.column_config.LineChartColumn(
                "ok/s so far", y_min=0, width=80, help="answers per second of this scenario up to this run"
            ),
            "commit": st.column_config.TextColumn(width=66),
        },
    )
    if rows := picked.selection.rows:
        st.switch_page(run_page, query_params={"run": shown[rows[0]].name})
    _trends(shown)


def _short(runs: Path) -> str:
    """As somebody who started this here would write it."""
    return str(runs.relative_to(Path.cwd()) if runs.is_relative_to(Path.cwd()) else runs)


def _chosen(entries: tuple[RunEntry, ...]) -> tuple[RunEntry, ...]:
    scenario, substrate, verdict, commit = st.columns([4, 2, 3, 2])
    return chosen(
        entries,
        RunFilter(
            scenarios=tuple(
                scenario.multiselect("Scenario", sorted({each.scenario for each in entries}), placeholder="all")
            ),
            substrates=tuple(
                substrate.multiselect(
                    "Substrate", sorted({each.substrate for each in entries if each.substrate}), placeholder="all"
                )
            ),
            words=tuple(verdict.multiselect("Verdict", sorted({each.word for each in entries}), placeholder="all")),
            commit=commit.text_input("Commit", placeholder="its beginning").strip(),
        ),
    )


def _table(shown: tuple[RunEntry, ...], entries: tuple[RunEntry, ...]) -> pd.DataFrame:
    """What no run has anything in is left out, so that the rest has room."""
    told = pd.DataFrame(
        [
            {
                "verdict": [f"{GLYPHS[each.word]} {each.word}"],
                "scenario": each.scenario,
                "why": each.problem or each.why,
                "started": each.started[:MINUTES].replace("T", " "),
                "substrate": each.substrate,
                "requests": each.figure("requests"),
                "failed": each.figure("failed"),
                "unknown": each.figure("unknown"),
                "retries": each.figure("retries"),
                "goodput": each.figure("goodput_rps"),
                "p99_ms": each.figure("p99_ms"),
                "recovery_s": each.recovery_s,
                "so far": list(history_of(each, entries, "goodput_rps")),
                "commit": each.commit[:7],
            }
            for each in shown
        ]
    )
    return told.drop(columns=[name for name in SPARE if name in told and not any(_said(told[name]))])


def _said(column: Iterable[object]) -> Iterator[bool]:
    """Whether each of its cells says something: zeros, empty texts and what was not measured do not."""
    return (bool(each) and each == each for each in column)  # noqa: PLR0124 - NaN is not itself


def _trends(shown: tuple[RunEntry, ...]) -> None:
    found = [each for each in trends(shown) if len(each.points) > 1]
    if not found:
        return
    st.html(
        heading("Trends", "each figure from zero, over the runs of one scenario; ● held ✚ violated ◆ unknown", level=2)
    )
    groups = list(dict.fromkeys((each.scenario, each.substrate) for each in found))
    group = st.selectbox("Scenario", groups, format_func=lambda each: f"{each[0]} ({each[1]})", key="trend")
    dark = st.context.theme.type == "dark"
    for column, (figure, title) in zip(st.columns(len(FIGURES)), FIGURES, strict=True):
        for trend in found:
            if (trend.scenario, trend.substrate) == group and trend.figure == figure:
                column.vega_lite_chart(themed(trend_chart(trend, title), dark=dark), theme=None, key=f"trend {figure}")
