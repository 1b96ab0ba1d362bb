"""One run: what was promised, what was broken when, who paid for it, and every request behind that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlencode

import streamlit as st
from markupsafe import Markup

from dashboard.markup import banner, heading, table, tiles, told
from dashboard.opened import Opened, opened
from dashboard.settings import Settings
from reports.around import lines_around, log_bytes
from reports.broken import COLUMNS
from reports.detail_plots import waterfall_chart
from reports.directory import RunDirectoryProblem
from reports.history import Request
from reports.index import run_paths
from reports.latency_panel import CLICKED
from reports.notable import notable
from reports.page import Page
from reports.palette import BAD, UNKNOWN, VERDICTS, fault_colour
from reports.panels import themed
from reports.plots import OUTCOME_WORD
from reports.shrunk import Shrunk
from reports.shrunk_plot import LEFT_OUT, shrunk_chart
from reports.waterfall import waterfall

EVIDENCE: Final = 8  # links for each finding
JUDGED: Final = ("verdict", "invariant", "what it asks for", "what was found", "evidence")
AROUND_S: Final = (0.1, 0.5, 2.0, 10.0)
MANY_MB: Final = 32  # of logs, which take a second to be looked through


def run_page(settings: Settings) -> None:
    paths = {each.name: each for each in run_paths(settings.runs)}
    names = list(paths)
    if not names:
        st.info(f"No run is under {settings.runs} yet. One comes of: pytest -m chaos")
        return
    asked = st.query_params.get("run")
    if asked is not None and asked not in names:
        st.html(banner(UNKNOWN, "?", "There is no such run:", asked))
    chosen = st.selectbox("Run", names, index=names.index(asked) if asked in names else 0, key=f"run {asked}")
    if chosen != asked:
        st.query_params.from_dict({"run": chosen})
    try:
        run = opened(paths[chosen])
        shown = run.page
    except RunDirectoryProblem as problem:
        st.html(banner(BAD, "⚠", "This run cannot be opened:", str(problem)))
        return
    _show(run, shown)


def _show(run: Opened, shown: Page) -> None:
    st.html(heading(shown.scenario, " · ".join(f"{name} {value}" for name, value in shown.about)))
    if run.entry.verdict is None:
        st.html(banner(UNKNOWN, "…", "Nobody has judged this run:", "it is still going on, or it broke off."))
    else:
        tone = VERDICTS[run.entry.verdict]
        st.html(banner(tone, shown.glyph, f"{shown.verdict} — {shown.headline}.", shown.summary))
        st.html(tiles((each.name, f"{each.value} {each.unit}".strip(), each.tone) for each in shown.tiles))
    _broken(shown)
    st.html(_judged(run, shown))
    _plots(run)
    _request(run)
    if shown.shrunk is not None:
        _shrunk(shown.shrunk)
    _about(shown)


def _broken(shown: Page) -> None:
    if not shown.broken:
        return
    rows = [
        (
            told("■", each.kind, fault_colour(each.kind)),
            _whole(each.target)
            + ("" if each.takes_out in (each.target, "nothing") else f", takes out {each.takes_out}"),
            *(_whole(each.when), _whole(each.noticed), each.worker_back, each.service_back, each.paid),
            f"{each.bit}: {each.evidence}",
        )
        for each in shown.broken
    ]
    st.html(table("What was broken", COLUMNS, rows))
    st.caption(shown.broken_how)


def _whole(text: str) -> Markup:
    """On one line: it means little in pieces."""
    return Markup('<span class="b-whole">{}</span>').format(text)


def _judged(run: Opened, shown: Page) -> Markup:
    """Columns that have nothing in them are left out: what an old run did not keep, evidence where all held."""
    by_name = {each.name: each for each in run.findings}
    rows = []
    for row in shown.judged:
        links = [
            _link(run, evidence)
            for evidence in by_name[row.name].evidence
            if isinstance(evidence, int) and run.record.columns.row(evidence) is not None
        ]
        more = Markup(" and {} more").format(len(links) - EVIDENCE) if len(links) > EVIDENCE else ""
        rows.append(
            {
                "verdict": told(row.glyph, row.verdict, VERDICTS[by_name[row.name].verdict]),
                "invariant": Markup('<span class="b-mono">{}</span>').format(row.name),
                "what it asks for": row.promise,
                "what was found": row.message,
                "evidence": Markup("{}{}").format(Markup(" ").join(links[:EVIDENCE]), more),
            }
        )
    shown_columns = [name for name in JUDGED if any(each[name] for each in rows)] or JUDGED
    return table("What was promised", shown_columns, [[each[name] for name in shown_columns] for each in rows])


def _link(run: Opened, op: int) -> Markup:
    query = urlencode({"run": run.entry.name, "request": op})
    return Markup('<a href="?{}" target="_self">op {}</a>').format(query, op)


def _plots(run: Opened) -> None:
    st.html(
        heading(
            "What happened",
            "drag or use the wheel to zoom all plots; double click to see all; a click on a point opens its request",
            level=2,
        )
    )
    event = st.vega_lite_chart(
        run.chart(dark=st.context.theme.type == "dark"),
        theme=None,
        width="stretch",
        on_select="rerun",
        selection_mode=[CLICKED],
        key=f"plots {run.entry.name}",
    )
    picked: Any = event.selection.get(CLICKED) if event else None
    if picked and "op" in picked[0]:
        st.query_params["request"] = str(picked[0]["op"])
    words = run.legend
    st.caption(
        " ".join(each for each in (words.arrivals, words.points, words.levels, words.system, words.stalls) if each)
    )


def _request(run: Opened) -> None:
    """The request that was clicked, linked to, or chosen here."""
    if not len(run.record.columns):
        return
    asked = st.query_params.get("request", "")
    wanted = run.record.request_of(int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 16 else None
    options = {each.op: each.why for each in notable(run.record, run.findings)}
    if wanted is not None:
        options = {wanted.op: options.get(wanted.op, "chosen"), **options}
    st.html(heading("One request", "click a point above or an op of the evidence, or choose one here", level=2))
    chosen = st.selectbox(
        "Request",
        list(options),
        index=0 if options else None,
        format_func=lambda each: f"op {each}: {options[each]}",
        key=f"request {run.entry.name} {asked}",
    )
    if chosen is not None and (request := run.record.request_of(chosen)) is not None:
        _waterfall(run, request)


def _waterfall(run: Opened, request: Request) -> None:
    steps = waterfall(request, run.line_of(request), run.offset_s)
    dark = st.context.theme.type == "dark"
    st.html(table("", ("this request", ""), list(_facts(request))))
    st.vega_lite_chart(
        themed(waterfall_chart(steps), dark=dark), theme=None, width="stretch", key=f"steps {request.op}"
    )
    st.html(
        table(
            "Step by step, in seconds of the run",
            ("where", "what", "from", "to", "ms"),
            [(each.place, each.words, f"{each.start_s:.4f}", f"{each.end_s:.4f}", f"{each.ms:,.1f}") for each in steps],
            numeric=(2, 3, 4),
        )
    )
    if run.offset_s is None:
        st.caption("No coordinator's log goes with this run, or it names no request: only the client's view is known.")
        return
    _logs(run, request, run.offset_s)


def _logs(run: Opened, request: Request, offset_s: float) -> None:
    """Of a long run only for who asks: all of them are looked through."""
    megabytes = log_bytes(run.record) / 1e6
    if megabytes > MANY_MB and not st.toggle(
        f"Look through {megabytes:,.0f} MB of logs", key=f"toggle {run.entry.name}"
    ):
        return
    within = st.segmented_control(
        "Logs around it, seconds", AROUND_S, default=AROUND_S[1], key=f"around {run.entry.name}"
    )
    found = lines_around(
        run.record,
        offset_s,
        request.completed_s or request.invoked_s,
        within_s=within or AROUND_S[1],
        request_id=request.request_id,
    )
    st.dataframe(
        [{"second": each.at_s, "node": each.node, "this request": each.about, "line": each.text} for each in found],
        hide_index=True,
        height=300,
        key=f"logs {request.op}",
        column_config={
            "second": st.column_config.NumberColumn(format="%.4f"),
            "line": st.column_config.TextColumn(width="large"),
        },
    )


def _facts(request: Request) -> Iterator[tuple[str, str]]:
    yield "input", request.input
    worker = request.answer.get("worker") or "nobody"
    yield "outcome", f"{OUTCOME_WORD[request.outcome]}, by {worker}{_again(request.retries)}"
    if request.completed is not None and request.completed.error:
        yield "error", request.completed.error
    yield "id", request.request_id or "never told"


def _shrunk(shrunk: Shrunk) -> None:
    """The schedule before and after it was made small."""
    st.html(heading("Before it was made small", shrunk.told, level=2))
    dark = st.context.theme.type == "dark"
    st.vega_lite_chart(themed(shrunk_chart(shrunk), dark=dark), theme=None, width="stretch", key="shrunk")
    st.html(
        table(
            f"As it was found: {shrunk.under}",
            ("fault", "and then"),
            [(each.line, LEFT_OUT if each.left_out else "kept") for each in shrunk.before],
        )
    )
    st.html(table("As small as it gets", ("fault",), [(each.line,) for each in shrunk.after]))


def _again(retries: int) -> str:
    return "" if not retries else ", tried again once" if retries == 1 else f", tried again {retries:,} times"


def _about(shown: Page) -> None:
    with st.expander("Schedule, environment, replay"):
        if shown.replay:
            st.caption("Run it again")
            st.code(shown.replay, language=None)
        st.html(table("Schedule", ("fault",), [(line,) for line in shown.schedule or ("none",)]))
        for group, rows in shown.environment:
            st.html(table(group, ("", ""), [(name, "; ".join(lines)) for name, lines in rows]))
