"""The system as it is now: workers, counters, what is pending, what ended, and the last minutes of it all.

Each part refreshes by itself. When the coordinator is away the last known state stays, under a banner that says so.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final, get_args

import streamlit as st
from markupsafe import Markup

from dashboard.break_panel import break_panel, controlling
from dashboard.control import Control, ControlProblem, since_epoch
from dashboard.markup import banner, heading, table, tiles, told
from dashboard.settings import Settings
from dashboard.watch import Seen, Watch
from reports.batches import batches_between
from reports.live import Sample, completed_rps, gap_after_s, readings
from reports.live_plots import LiveView, live_chart
from reports.palette import BAD, GOOD, UNKNOWN, state_colour
from reports.panels import themed
from reports.request_log import Ending, Search, csv, found, points
from reports.request_log import table as log_table
from reports.series import LEVELS, bucket_width, quantiles_over_time
from reports.states import GAP_S, StateSpan, meanings, spells, state_spans
from reports.windows import FaultWindow

GLYPHS: Final = {
    "up": "●",
    "trial": "◐",
    "suspected": "?",
    "ejected": "⊘",
    "down": "✕",
    "starting": "…",
    "leaving": "↩",
}
MINUTES: Final = (1, 5, 15)
DEFAULT_MINUTES: Final = 5
CHANGES: Final = 6  # times at which a worker was not up that are listed; the others are counted
SHOWN: Final = 40  # pending requests that are listed; the others are counted
POINTS: Final = 150  # of each line


@st.cache_resource(show_spinner=False)
def watching(url: str, api_key: str | None) -> Watch:
    watch = Watch(url, api_key)
    watch.start()
    return watch


def live_page(settings: Settings) -> None:
    watch = watching(settings.url, settings.api_key)
    control = None if settings.control is None else controlling(*settings.control)
    st.html(heading("Live", f"coordinator {settings.url}"))
    _now(watch)
    if control is not None:
        break_panel(control)
    _pending(watch)
    minutes = st.segmented_control(
        "Minutes shown", MINUTES, default=DEFAULT_MINUTES, format_func=lambda each: f"{each} min", key="minutes"
    )
    _over_time(watch, minutes or DEFAULT_MINUTES, control)
    _log(watch)


@st.fragment(run_every=1.0)
def _now(watch: Watch) -> None:
    seen = watch.seen
    st.html(_state(watch.url, seen))
    newest = seen.newest
    if newest is None:
        return
    st.html(tiles(_counters(newest, completed_rps(seen.samples))))
    st.caption(f"As of {_clock(newest.at_s)} UTC. From submitted to refused: totals since the coordinator started.")
    st.html(_workers(newest))
    minutes = st.session_state.get("minutes") or DEFAULT_MINUTES
    st.html(_not_up(state_spans((each.look for each in seen.samples), newest.at_s), newest.at_s, minutes))


@st.fragment(run_every=1.0)
def _pending(watch: Watch) -> None:
    newest = watch.seen.newest
    if newest is None:
        return
    in_flight = sum(each.in_flight for each in newest.pending)
    st.html(
        heading(
            "Pending requests",
            f"⏳ {len(newest.pending) - in_flight} queued, ⚙️ {in_flight} in flight",
            level=2,
        )
    )
    shown = newest.pending[:SHOWN]
    rest = len(newest.pending) - len(shown)
    st.html(
        table(
            f"the {len(shown)} oldest, and {rest} more" if rest else "the oldest first",
            ("state", "waits", "worker", "input", "id"),
            [
                (
                    "⚙️ in flight" if each.in_flight else "⏳ queued",
                    f"{max(0.0, newest.at_s - each.since_s):.1f} s",
                    each.worker or "",
                    each.input,
                    Markup('<span class="b-mono">{}</span>').format(each.id),
                )
                for each in shown
            ],
            numeric=(1,),
        )
        if shown
        else Markup('<p class="b-quiet">Nothing is pending.</p>')
    )


@st.fragment(run_every=2.0)
def _over_time(watch: Watch, minutes: int, control: Control | None) -> None:
    seen = watch.seen
    if seen.newest is None:
        return
    span_s = minutes * 60.0
    end_s = time.time()
    start_s = end_s - span_s
    watched_s = seen.samples[0].at_s
    shown = [each for each in seen.samples if each.at_s >= start_s]
    view = LiveView(
        start_s=start_s,
        end_s=end_s,
        readings=readings(shown, span_s / POINTS, gap_s=gap_after_s(shown, span_s / POINTS)),
        quantiles=quantiles_over_time(points(seen.log, start_s), span_s, bucket_width(span_s, LEVELS)),
        batches=batches_between([each for each in seen.batches if each.at_s >= start_s], gap_s=5 * GAP_S),
        states=state_spans((each.look for each in seen.samples), seen.newest.at_s),
        workers=tuple(each.id for each in seen.newest.workers),
        faults=_faults(control),
        watched_s=watched_s,
    )
    dark = st.context.theme.type == "dark"
    st.vega_lite_chart(themed(live_chart(view), dark=dark), theme=None, width="stretch", key="over_time")
    st.caption(
        "Lines are broken where nothing was measured. Quantiles are of the answers in the log: of fewer than 100 the "
        "slowest is drawn (dotted), of fewer than 20 none; the crosshair tells how many are behind them. The words "
        "above a worker's row say what it was instead of up, and for how long. "
        + meanings(each.state for each in view.states if each.end_s > start_s)
    )


def _faults(control: Control | None) -> tuple[FaultWindow, ...]:
    """Those that were broken by hand; none where that is not known, which the panel tells."""
    if control is None:
        return ()
    try:
        return since_epoch(control.state())
    except ControlProblem:
        return ()


@st.fragment(run_every=3.0)
def _log(watch: Watch) -> None:
    seen = watch.seen
    if seen.newest is None:
        return
    st.html(heading("Request log", f"the last {len(seen.log):,} requests that ended, newest first", level=2))
    words, ending, workers, slow, save = st.columns([4, 2, 3, 2, 2], vertical_alignment="bottom")
    search = Search(
        words=words.text_input("Search", placeholder="text, worker, error or id", key="words"),
        ending=ending.selectbox("Ending", get_args(Ending), index=None, placeholder="all", key="ending"),
        workers=tuple(
            workers.multiselect("Workers", [each.id for each in seen.newest.workers], placeholder="all", key="workers")
        ),
        at_least_ms=slow.number_input("At least, ms", min_value=0.0, value=0.0, step=50.0, key="slow"),
    )
    shown = found(seen.log, search)
    save.download_button(
        "CSV",
        lambda: csv(shown).encode(),
        file_name="requests.csv",
        mime="text/csv",
        on_click="ignore",
        width="stretch",
    )
    st.caption(f"{len(shown):,} of {len(seen.log):,} shown; a click on a column's name sorts by it")
    st.dataframe(
        log_table(shown),
        hide_index=True,
        height=460,
        key="log",
        column_config={
            "time": st.column_config.DatetimeColumn("time (UTC)", format="HH:mm:ss.SSS"),
            "latency_ms": st.column_config.NumberColumn("latency, ms", format="%.1f"),
            "score": st.column_config.NumberColumn(format="%.3f"),
            "input": st.column_config.TextColumn("input (truncated)", width="large"),
        },
    )


def _state(url: str, seen: Seen) -> Markup:
    if seen.newest is None:
        if seen.problem is None:
            return banner(UNKNOWN, "…", "Asking the coordinator", f"at {url}")
        return banner(UNKNOWN, "✕", "The coordinator is away", f"at {url}: {seen.problem}. Asking again all the time.")
    if seen.problem is not None:
        last = datetime.fromtimestamp(seen.newest.at_s, UTC)
        return banner(
            UNKNOWN,
            "✕",
            "The coordinator is away:",
            f"{seen.problem}. What follows is its last known state, of {last:%H:%M:%S} UTC. Asking again all the time.",
        )
    newest = seen.newest
    if newest.alive == len(newest.workers) and newest.workers:
        return banner(GOOD, "●", "The worker serves." if newest.alive == 1 else f"All {newest.alive} workers serve.")
    if newest.alive:
        return banner(UNKNOWN, "◐", f"{newest.alive} of {len(newest.workers)} workers serve.", "Requests go to those.")
    return banner(BAD, "✕", "No worker serves.", "Requests wait for one until their deadline.")


def _counters(newest: Sample, rate: float | None) -> Iterator[tuple[str, str, str]]:
    yield "answers per s", "\N{EN DASH}" if rate is None else f"{rate:,.1f}", "ink"
    yield "submitted", f"{newest.submitted:,}", "ink"
    yield "completed", f"{newest.completed:,}", "good" if newest.completed else "ink"
    yield "failed", f"{newest.failed:,}", "bad" if newest.failed else "ink"
    yield "retried", f"{newest.retried:,}", "unknown" if newest.retried else "ink"
    yield "hedged", f"{newest.hedged:,}", "ink"
    yield "refused", f"{newest.refused:,}", "unknown" if newest.refused else "ink"
    yield "queue length", f"{newest.queue_length:,}", "ink"
    yield "in flight", f"{newest.in_flight:,}", "ink"


def _clock(at_s: float) -> str:
    """The time of day to a tenth of a second, UTC."""
    return f"{datetime.fromtimestamp(at_s, UTC):%H:%M:%S.%f}"[:-5]


def _not_up(spans: Iterable[StateSpan], now_s: float, minutes: int) -> Markup:
    """When each worker was something else than up, the newest first."""
    found = sorted((each for each in spells(spans) if each.end_s > now_s - minutes * 60), key=lambda each: -each.end_s)
    if not found:
        return Markup('<p class="b-quiet">No worker was seen to be anything but up in the last {} min.</p>').format(
            minutes
        )
    rest = len(found) - CHANGES
    return table(
        f"Not up in the last {minutes} min, the newest first" + (f"; {rest} more are in the chart" if rest > 0 else ""),
        ("worker", "was", "from, UTC", "until", "seconds"),
        [
            (
                each.worker,
                each.words,
                _clock(each.start_s),
                _clock(each.end_s) if each.over else "now" if each.end_s == now_s else "not seen",
                f"{each.end_s - each.start_s:.1f}",
            )
            for each in found[:CHANGES]
        ],
        numeric=(4,),
    )


def _workers(newest: Sample) -> Markup:
    return table(
        "Workers",
        ("worker", "state", "last heartbeat", "processed", "in flight"),
        [
            (
                each.id,
                told(GLYPHS.get(each.state, "?"), each.state, state_colour(each.state)),
                "never" if each.heard_s is None else f"{max(0.0, newest.at_s - each.heard_s):.1f} s ago",
                f"{each.processed:,}",
                each.in_flight,
            )
            for each in newest.workers
        ],
        numeric=(2, 3, 4),
    )
