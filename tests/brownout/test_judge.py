from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from chaos.invariants import answers_correct, no_loss
from reports.record import Record
from tests.brownout.called import Called
from tests.chaos.test_rejudge import CALM, LOST, kept


@pytest.mark.parametrize(
    ("record", "whole", "expected"),
    [(CALM, True, (0, "HELD")), (LOST, True, (1, "VIOLATED")), (LOST, False, (2, "INCONCLUSIVE"))],
)
def test_the_exit_code_is_the_verdict(
    call: Called, tmp_path: Path, record: Record, whole: bool, expected: tuple[int, str]
) -> None:
    directory = kept(tmp_path, record, whole=whole, judges=(no_loss(),))
    code, told, _ = call("judge", str(tmp_path / "latest"), "--json")
    said = orjson.loads(told)
    assert (code, said["verdict"]) == expected
    (run,) = said["runs"]
    assert (run["run"], run["path"], run["invariants"][0]["name"]) == (directory.name, str(directory.path), "no_loss")


def test_several_runs_are_judged_by_what_is_asked_and_the_worst_counts(call: Called, tmp_path: Path) -> None:
    runs = [str(kept(tmp_path, record, judges=(no_loss(),)).path) for record in (CALM, LOST)]
    code, told, _ = call("judge", *runs, "-i", "answers_correct", "--invariant", "latency_below(5000, at=0.5)")
    assert code == 1
    assert "✘ VIOLATED" in told
    assert "a (NEGATIVE instead of POSITIVE)" in told
    assert "no_loss" not in told
    code, told, _ = call("judge", runs[0], "--invariant", "latency_below(5000, at=0.5)", "--invariant", "reconciled")
    assert "latency_below" in told
    assert "? reconciled" in told
    assert code == 2


def test_what_cannot_be_read_is_named_and_the_others_are_judged_all_the_same(call: Called, tmp_path: Path) -> None:
    run = kept(tmp_path, CALM, judges=(no_loss(), answers_correct())).path
    code, told, problems = call("judge", str(tmp_path / "nowhere"), str(run))
    assert code == 3
    assert "nowhere is not a run directory: it has no run.json" in problems
    assert "no_loss" in told


def test_all_wrong_invariants_are_refused_at_once(call: Called, tmp_path: Path) -> None:
    code, _, problems = call("judge", str(tmp_path), "-i", "no_los", "-i", "latency_below(0)")
    assert code == 3
    assert "no_los" in problems
    assert "greater than 0" in problems


def test_a_run_may_be_called_by_its_name_as_for_replay(
    call: Called, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name = kept(Path("reports/runs"), CALM, judges=(no_loss(),)).name
    for called in ("latest", name):
        code, told, problems = call("judge", called)
        assert (code, problems) == (0, "")
        assert f"✔ HELD {name}" in told


def test_a_folder_of_runs_is_judged_run_by_run_and_each_once(call: Called, tmp_path: Path) -> None:
    names = [kept(tmp_path, record, judges=(no_loss(),)).name for record in (CALM, LOST)]
    (tmp_path / "report.html").touch()
    code, told, problems = call("judge", str(tmp_path), str(tmp_path / "latest"), "--json")
    assert (code, problems) == (1, "")
    assert [each["run"] for each in orjson.loads(told)["runs"]] == names


def test_a_history_that_cannot_have_happened_is_no_violation(call: Called, tmp_path: Path) -> None:
    run = kept(tmp_path, CALM, judges=(no_loss(),))
    lines = [line for line in run.history.read_text().splitlines() if '"invoke"' not in line]
    ops = [orjson.loads(line) | {"index": index} for index, line in enumerate(lines)]
    run.history.write_bytes(b"".join(orjson.dumps(op, option=orjson.OPT_APPEND_NEWLINE) for op in ops))
    code, _, problems = call("judge", str(run.path))
    assert code == 3
    assert "history.jsonl: op 0: client 0 was answered without having asked" in problems
