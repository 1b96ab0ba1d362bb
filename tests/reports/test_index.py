"""The list of runs, against directories as real runs leave them, broken ones among them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from reports.directory import RunDirectory
from reports.index import RunFilter, RunState, chosen, run_entry, run_index
from reports.trends import TrendPoint, history_of, trends
from reports.verdict import Verdict

STARTED = datetime(2026, 3, 4, tzinfo=UTC)
FIGURES = {"requests": 10, "ok": 10, "goodput_rps": 40.0, "p99_ms": 120.0}


def left(runs: Path, number: int, scenario: str = "crash", **facts: Any) -> RunDirectory:
    directory = RunDirectory.create(runs, scenario, STARTED + timedelta(seconds=number))
    directory.write_run({"scenario": scenario, "substrate": "local", "seed": number} | facts)
    return directory


def judged(
    directory: RunDirectory, verdict: str, figures: Mapping[str, Any] = FIGURES, recovery_s: float = 1.5
) -> None:
    told = {"verdict": verdict, "message": "as made", "evidence": [], "figures": {"slowest_recovery_s": recovery_s}}
    recovery = {"name": "recovers_within"} | told
    directory.write_verdicts({"verdict": verdict, "invariants": [recovery], "figures": dict(figures)})


def test_a_run_that_was_given_another_name_stands_where_it_started(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        left(tmp_path, number, started=(STARTED + timedelta(seconds=number)).isoformat(timespec="milliseconds"))
    (renamed,) = (each for each in tmp_path.iterdir() if not each.is_symlink() and "T000002" in each.name)
    renamed.rename(tmp_path / "kept")
    assert [each.seed for each in run_index(tmp_path)] == ["3", "2", "1"]


def test_runs_are_listed_newest_first_each_as_what_it_is(tmp_path: Path) -> None:
    judged(left(tmp_path, 1, git={"commit": "4f1c2d9aa", "dirty": False}), "HELD")
    left(tmp_path, 2)
    (left(tmp_path, 3).path / "run.json").write_text('{"scenario": "cut off')
    (tmp_path / "not-a-run").mkdir()
    (tmp_path / "a-file").touch()
    entries = run_index(tmp_path)
    assert [(each.state, each.word) for each in entries] == [
        (RunState.BROKEN, "broken"),
        (RunState.UNFINISHED, "unfinished"),
        (RunState.JUDGED, "HELD"),
        (RunState.BROKEN, "broken"),
    ]
    assert "run.json" in entries[0].problem
    assert "no run.json" in entries[3].problem
    held = entries[2]
    assert (held.scenario, held.substrate, held.commit, held.recovery_s) == ("crash", "local", "4f1c2d9aa", 1.5)
    assert (held.figure("goodput_rps"), held.figure("nothing")) == (40.0, None)


@pytest.mark.parametrize(
    "verdicts",
    [
        {"verdict": "PERHAPS", "figures": {}},
        {"verdict": "HELD"},
        {"verdict": "HELD", "figures": {}, "invariants": ["no_loss"]},
        {"verdict": "VIOLATED", "figures": {}, "invariants": "no_loss"},
    ],
)
def test_verdicts_that_make_no_sense_make_a_broken_run(tmp_path: Path, verdicts: dict[str, Any]) -> None:
    directory = left(tmp_path, 1)
    (directory.path / "verdicts.json").write_bytes(orjson.dumps(verdicts))
    entry = run_entry(directory.path)
    assert entry.state is RunState.BROKEN
    assert directory.name in entry.problem


def test_where_no_runs_are_none_are_listed(tmp_path: Path) -> None:
    assert run_index(tmp_path / "nowhere") == ()


def test_runs_are_chosen_by_everything_at_once(tmp_path: Path) -> None:
    judged(left(tmp_path, 1, git={"commit": "abc"}), "HELD")
    judged(left(tmp_path, 2, "pause", substrate="docker"), "VIOLATED")
    left(tmp_path, 3)
    entries = run_index(tmp_path)

    def seeds(**wanted: Any) -> list[str]:
        return [each.seed for each in chosen(entries, RunFilter(**wanted))]

    assert seeds() == ["3", "2", "1"]
    assert seeds(scenarios=("crash",)) == ["3", "1"]
    assert seeds(substrates=("docker",)) == ["2"]
    assert seeds(words=("HELD", "unfinished")) == ["3", "1"]
    assert seeds(commit="ab") == ["1"]
    assert seeds(commit="ab", words=("VIOLATED",)) == []


def test_figures_of_one_scenario_make_a_trend_in_the_order_of_the_runs(tmp_path: Path) -> None:
    judged(left(tmp_path, 1, git={"commit": "aaaaaaaaa"}), "HELD", {"goodput_rps": 40.0})
    judged(left(tmp_path, 2), "VIOLATED", {"goodput_rps": None})
    judged(left(tmp_path, 3), "INCONCLUSIVE", {"goodput_rps": 30.0}, recovery_s=2.0)
    judged(left(tmp_path, 4, "pause"), "HELD")
    left(tmp_path, 5)
    entries = run_index(tmp_path)
    found = {(each.scenario, each.figure): each.points for each in trends(entries)}
    assert [each[:1] for each in found] == [("crash",)] * 3 + [("pause",)] * 3
    first, last = found["crash", "goodput_rps"]
    assert first == TrendPoint(1, entries[4].name, "aaaaaaa", Verdict.HELD, 40.0)
    assert (last.number, last.verdict, last.value) == (3, Verdict.INCONCLUSIVE, 30.0)
    assert [point.value for point in found["crash", "recovery_s"]] == [1.5, 1.5, 2.0]
    assert history_of(entries[2], entries, "goodput_rps") == (40.0, 30.0)
    assert history_of(entries[4], entries, "goodput_rps") == (40.0,)


def test_hundreds_of_runs_are_listed_without_reading_their_histories(tmp_path: Path) -> None:
    for number in range(500):
        directory = left(tmp_path, number)
        judged(directory, "HELD")
        directory.history.mkdir()  # which nobody could read
    began = time.process_time()  # of this process alone, however busy the machine is
    assert len(run_index(tmp_path)) == 500
    assert time.process_time() - began < 10  # 0.1 s on a quiet core; this catches only a collapse


def test_a_run_that_did_not_hold_says_which_promise_decided_that(tmp_path: Path) -> None:
    def told(name: str, verdict: str) -> dict[str, Any]:
        return {"name": name, "verdict": verdict, "message": f"as {name} found", "evidence": [], "figures": {}}

    lost, late, slow = told("no_loss", "VIOLATED"), told("load_on_time", "INCONCLUSIVE"), told("latency_below", "HELD")
    ways: tuple[tuple[str, list[dict[str, Any]]], ...] = (
        ("VIOLATED", [slow, late, lost]),
        ("INCONCLUSIVE", [slow, late]),
        ("HELD", [slow]),
        ("VIOLATED", []),
    )
    for number, (verdict, invariants) in enumerate(ways):
        left(tmp_path, number).write_verdicts({"verdict": verdict, "invariants": invariants, "figures": {}})
    assert [each.why for each in reversed(run_index(tmp_path))] == [
        "no_loss: as no_loss found",
        "load_on_time: as load_on_time found",
        "",
        "",
    ]
