"""Runs of every kind, as they were left once, stay readable, and everything that is made of them says the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from chaos.rejudge import judge_again
from reports.directory import RunDirectory
from reports.index import RunState, run_entry
from reports.logs import line_of
from reports.markdown import run_markdown, session_markdown
from reports.notable import notable
from reports.page import page
from reports.render import render
from reports.run_plots import run_chart
from reports.shrunk import shrunk
from reports.svg import inline_svg
from reports.verdict import Finding, Verdict
from reports.waterfall import run_offset, waterfall
from tests.runs.kept import FOLDER, VERDICTS, copied

kinds = pytest.mark.parametrize("kind", sorted(VERDICTS))
OF_A_MACHINE: Final = re.compile(rb"/(tmp|home|root|work|var|usr)/")


@kinds
def test_a_kept_run_is_listed_with_its_verdict(kind: str) -> None:
    entry = run_entry(FOLDER / kind)
    assert (entry.state, entry.verdict) == (RunState.JUDGED, VERDICTS[kind])
    assert entry.scenario == kind
    assert f"| {VERDICTS[kind].value} | {kind} |" in session_markdown([entry])


@kinds
def test_everything_that_is_made_of_a_kept_run_says_its_verdict(kind: str, tmp_path: Path) -> None:
    directory = RunDirectory(copied(kind, tmp_path))
    told = directory.read_verdicts() or {}
    findings = [Finding.from_json(each) for each in told["invariants"]]
    record = directory.read()
    shown = page(record, findings, told["figures"])
    assert shown.verdict == VERDICTS[kind].value
    assert len(shown.broken) == len(record.schedule["faults"]) > 0
    assert f"{shown.glyph} {kind}: {shown.verdict}" in run_markdown(shown)
    html = render(record, findings, told["figures"])
    assert f'<span class="word">{shown.verdict}</span>' in html
    assert ("Before it was made small" in html) == (kind == "shrunk")
    drawn = inline_svg(run_chart(record, run_offset(record)), "run", shown.summary)
    assert f"{shown.broken[0].kind} {shown.broken[0].target}" in drawn


@kinds
def test_pictures_see_the_same_in_the_tables_as_in_the_lines(kind: str, tmp_path: Path) -> None:
    directory = RunDirectory(copied(kind, tmp_path))
    record = directory.read()
    directory.write_tables(record.history)
    seen = directory.read_for_pictures()
    assert seen.table is not None, "the tables were not believed"
    assert [seen.request_of(each.op) for each in record.requests] == list(record.requests)
    assert seen.windows == record.windows
    assert seen.statuses == record.statuses


@kinds
def test_a_request_of_a_kept_run_can_be_followed_through_its_logs(kind: str) -> None:
    record = RunDirectory(FOLDER / kind).read()
    offset_s = run_offset(record)
    assert offset_s is not None
    (worst, *_) = notable(record, ())
    request = record.request_of(worst.op)
    assert request is not None
    assert request.request_id is not None
    assert record.logs is not None
    line = line_of(request.request_id, record.logs / "coordinator.log")
    assert line is not None
    places = {step.place for step in waterfall(request, line, offset_s)}
    assert places & {"worker1", "worker2", "worker3"}


@kinds
def test_a_kept_run_can_be_judged_again(kind: str, tmp_path: Path) -> None:
    judged = judge_again(RunDirectory(copied(kind, tmp_path))).judgement
    assert judged.verdict is VERDICTS[kind]


def test_the_shrunk_run_knows_what_it_was_before() -> None:
    told = shrunk(RunDirectory(FOLDER / "shrunk").read())
    assert told is not None
    assert len(told.before) >= len(told.after) > 0
    assert sum(not each.left_out for each in told.before) <= len(told.after)


@kinds
def test_a_kept_run_is_small_and_tells_nothing_of_the_machine_that_made_it(kind: str) -> None:
    files = [each for each in (FOLDER / kind).rglob("*") if each.is_file()]
    assert sum(each.stat().st_size for each in files) < 200_000
    assert [each for each in files if OF_A_MACHINE.search(each.read_bytes())] == []
    facts = RunDirectory(FOLDER / kind).read_facts()
    assert "git" not in facts
    assert set(facts["machine"]) == {"cores"}


def test_every_verdict_is_kept() -> None:
    assert {*VERDICTS.values()} == {*Verdict}
    assert {each.name for each in FOLDER.iterdir()} == {*VERDICTS}
