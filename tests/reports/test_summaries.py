"""What leaves a run for elsewhere: Markdown, a page of a whole session, charts as files."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

from reports.export import export
from reports.index import run_index
from reports.markdown import plain, run_markdown, session_markdown
from reports.page import page
from reports.session_page import render_session
from tests.reports.generated import FACTS, FIGURES, FINDINGS, HOSTILE, SCHEDULE, record
from tests.reports.test_index import judged, left
from tests.reports.test_render import Page


def test_a_run_is_told_in_markdown() -> None:
    told = run_markdown(page(record(), FINDINGS, FIGURES))
    assert told.startswith("## ✘ a worker crash loses nothing: VIOLATED\n")
    assert r"| ✘ VIOLATED | no\_loss | 3 of 1,500 requests were not answered: op 1802, op 1804, op 1806 |" in told
    assert (
        "| crash | worker1 | 5.00 s to 9.00 s | \N{EN DASH} | \N{EN DASH} | at once "
        "| 15 retried in at most 434 ms; slowest of all: 434 ms |" in told
    )
    assert f"```sh\n{FACTS['replay']}\n```" in told


def test_no_text_of_a_run_is_markup() -> None:
    assert plain("<b>|`x`\n# *") == r"\<b\>\|\`x\` \# \*"
    facts = {**FACTS, "scenario": HOSTILE, "replay": "a ```` b"}
    told = run_markdown(page(type(record())(facts, record().history, SCHEDULE), FINDINGS, FIGURES))
    assert "<script>" not in told
    assert "`````sh\na ```` b\n`````" in told


def test_a_session_is_one_page_with_the_worst_first(tmp_path: Path) -> None:
    held, violated = left(tmp_path, 1), left(tmp_path, 2, HOSTILE)
    judged(held, "HELD")
    judged(violated, "VIOLATED")
    judged(left(tmp_path, 3), "HELD")
    left(tmp_path, 4)
    held.write_report("<p>")
    entries = run_index(tmp_path)
    html = render_session(entries, "nightly")
    shown = Page(html)
    assert "4 runs: 2 HELD, 1 VIOLATED, 1 unfinished" in shown.text
    assert shown.text.index("VIOLATED <script>") < shown.text.index("unfinished crash") < shown.text.index("HELD crash")
    assert [attributes["href"] for tag, attributes in shown.tags if tag == "a"] == [f"{held.name}/report.html"]
    assert shown.count("script") == 0
    assert shown.count("svg") == 3
    assert not re.search(r"src=|@import|url\(", html)
    assert "| VIOLATED | \\<script\\>" in session_markdown(entries)
    assert "recovers_within: as made" in shown.text
    assert r"| recovers\_within: as made |" in session_markdown(entries)


def test_an_empty_session_has_a_page_too() -> None:
    assert "No run is here." in Page(render_session(())).text


def test_charts_are_written_as_files_that_need_nothing_else(tmp_path: Path) -> None:
    written = export(record(), tmp_path / "charts")
    assert [path.name for path in written] == [
        *("outcomes.svg", "outcomes.png", "latency.svg", "latency.png", "workers.svg", "workers.png")
    ]
    for path in written:
        if path.suffix == ".svg":
            ET.parse(path)  # noqa: S314 - written a moment ago
        else:
            assert path.read_bytes().startswith(b"\x89PNG")
