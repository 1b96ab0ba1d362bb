"""Run directories: what is on disk at each moment, and what is said when the disk refuses."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reports.directory import RunDirectory, RunDirectoryProblem
from reports.history import END, RECORDER, Op, OpType

STARTED = datetime(2025, 3, 4, 5, 6, 7, 89_000, tzinfo=UTC)


def test_a_directory_is_named_after_time_and_scenario_and_latest_points_at_it(tmp_path: Path) -> None:
    first = RunDirectory.create(tmp_path / "runs", "test_crash[worker1 / 3]", STARTED)
    assert first.name == "20250304T050607.089Z-test_crash-worker1-3"
    assert first.logs.is_dir()
    second = RunDirectory.create(tmp_path / "runs", "other", STARTED)
    assert (tmp_path / "runs" / "latest").resolve() == second.path
    assert not Path((tmp_path / "runs" / "latest").readlink()).is_absolute()
    RunDirectory.create(tmp_path / "runs", "a control", STARTED, latest=False)
    assert (tmp_path / "runs" / "latest").resolve() == second.path


def test_two_runs_in_the_same_instant_get_two_directories(tmp_path: Path) -> None:
    names = [RunDirectory.create(tmp_path, "same", STARTED).name for _ in range(3)]
    assert len(set(names)) == 3
    assert names == sorted(names)


def test_a_name_without_a_single_usable_character_is_a_name_all_the_same(tmp_path: Path) -> None:
    assert RunDirectory.create(tmp_path, "🙈 ../..", STARTED).name.endswith("Z-run")
    assert len(RunDirectory.create(tmp_path, "x" * 1000, STARTED).name) < 120


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    directory = RunDirectory.create(tmp_path, "any", STARTED)
    directory.write_run({"scenario": "any", "seed": 7})
    directory.write_schedule({"version": 1, "faults": []})
    op = Op(0, 5, 0, OpType.INVOKE, "infer", {"input": "a"})
    directory.history.write_bytes(op.to_json())
    record = directory.read()
    assert record.facts == {"scenario": "any", "seed": 7}
    assert record.schedule == {"version": 1, "faults": []}
    assert record.history.ops == (op,)
    assert record.logs == directory.logs
    assert directory.read_verdicts() is None
    directory.write_verdicts({"verdict": "HELD"})
    assert directory.read_verdicts() == {"verdict": "HELD"}


def test_a_run_whose_lines_were_thrown_away_is_read_from_its_table(tmp_path: Path) -> None:
    directory = RunDirectory.create(tmp_path, "any", STARTED)
    directory.write_run({"scenario": "any"})
    ops = (Op(0, 5, 0, OpType.INVOKE, "infer", {"input": "a"}), Op(1, 7, RECORDER, OpType.INFO, END))
    directory.history.write_bytes(b"".join(op.to_json() for op in ops))
    directory.write_tables(directory.read().history)
    assert sorted(each.name for each in directory.path.iterdir()) == [
        *("history.jsonl", "history.parquet", "logs", "requests.parquet", "run.json", "status.parquet")
    ]
    directory.history.unlink()
    assert directory.read().history.ops == ops
    directory.history_table.write_bytes(b"PAR1")
    with pytest.raises(RunDirectoryProblem, match=re.escape(str(directory.history_table))):
        directory.read()


def test_a_run_that_stopped_right_after_it_began_is_readable(tmp_path: Path) -> None:
    directory = RunDirectory.create(tmp_path, "any", STARTED)
    directory.write_run({"scenario": "any"})
    record = directory.read()
    assert (len(record.history), record.schedule) == (0, {})


def test_writing_leaves_nothing_half_done_behind(tmp_path: Path) -> None:
    directory = RunDirectory.create(tmp_path, "any", STARTED)
    directory.write_run({"scenario": "first"})
    with pytest.raises(TypeError):
        directory.write_run({"scenario": object()})
    directory.write_report("<p>ü</p>")
    assert directory.read().facts == {"scenario": "first"}
    assert directory.report.read_text(encoding="utf-8") == "<p>ü</p>"
    assert sorted(each.name for each in directory.path.iterdir()) == ["logs", "report.html", "run.json"]


def test_a_folder_that_holds_no_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(RunDirectoryProblem, match=r"is not a run directory: it has no run\.json"):
        RunDirectory(tmp_path).read()


@pytest.mark.parametrize(("name", "content"), [("run.json", "[]"), ("run.json", "{"), ("history.jsonl", "x\ny\n")])
def test_a_damaged_file_is_named(tmp_path: Path, name: str, content: str) -> None:
    directory = RunDirectory.create(tmp_path, "any", STARTED)
    directory.write_run({})
    (directory.path / name).write_text(content)
    with pytest.raises(RunDirectoryProblem, match=re.escape(str(directory.path / name))):
        directory.read()


def test_a_runs_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunDirectoryProblem, match=re.escape(f"{tmp_path / 'file' / 'runs'}: Not a directory")):
        RunDirectory.create(tmp_path / "file" / "runs", "any", STARTED)


def test_something_else_called_latest_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "latest").mkdir()
    (tmp_path / "latest" / "precious").touch()
    with pytest.raises(RunDirectoryProblem):
        RunDirectory.create(tmp_path, "any", STARTED)
    assert (tmp_path / "latest" / "precious").exists()


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    directory = RunDirectory.create(tmp_path, "any", STARTED)
    directory.write_verdicts({"verdict": "INCONCLUSIVE"})
    # A limit on file size stands in for a full disk, in a process of its own.
    program = f"""
import resource, signal
from pathlib import Path
from reports.directory import RunDirectory, RunDirectoryProblem
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
try:
    RunDirectory(Path({str(directory.path)!r})).write_verdicts({{"verdict": "HELD", "more": "x" * 100}})
except RunDirectoryProblem as problem:
    print(problem)
"""
    said = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert said == f"{directory.path / 'verdicts.json'}: {os.strerror(27)}\n"
    assert directory.read_verdicts() == {"verdict": "INCONCLUSIVE"}
    assert sorted(each.name for each in directory.path.iterdir()) == ["logs", "verdicts.json"]
