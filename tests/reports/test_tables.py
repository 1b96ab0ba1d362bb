"""Histories and samples as tables: the same when read back, and readable by others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.history import NEMESIS, OBSERVER, History, Op, OpType, status_of
from reports.lines import read_jsonl
from reports.tables import read_history, read_history_lazily, write_history, write_statuses
from tests.reports.written import histories


@given(histories())
def test_table_and_lines_are_the_same_history(tmp_path_factory: pytest.TempPathFactory, history: History) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "same.jsonl").write_bytes(b"".join(op.to_json() for op in history))
    write_history(history, folder / "same.parquet")
    assert read_history(folder / "same.parquet").ops == read_jsonl(folder / "same.jsonl").ops == history.ops


@given(histories(), st.integers(1, 7))
def test_a_history_that_is_read_late_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, history: History, group: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "late.parquet"
    write_history(history, path, group)
    late = read_history_lazily(path)
    assert [late[at] for at in range(len(history))] == list(history)
    assert late.of(NEMESIS) + late.of(OBSERVER) == history.of(NEMESIS) + history.of(OBSERVER)
    assert late.requests == history.requests
    assert (late.ops, late.whole, late.duration_s) == (history.ops, history.whole, history.duration_s)


def test_what_no_client_wrote_is_found_without_reading_what_clients_did(tmp_path: Path) -> None:
    ops = [Op(0, 0, 0, OpType.INVOKE, "infer", {"input": "a"}), Op(1, 1, OBSERVER, OpType.OK, "status", {"pending": 1})]
    write_history(History(ops), tmp_path / "history.parquet")
    table = pq.read_table(tmp_path / "history.parquet")
    spoiled = table.set_column(table.column_names.index("value"), "value", [["{", "{"]])
    pq.write_table(spoiled, tmp_path / "spoiled.parquet")
    late = read_history_lazily(tmp_path / "spoiled.parquet")
    assert late.of(OBSERVER) == (ops[1],)
    with pytest.raises(ValueError, match="unexpected end"):
        late.request(0, None)


def test_a_table_of_old_says_the_same(tmp_path: Path) -> None:
    ops = [Op(0, 0, 0, OpType.INVOKE, "infer", {"input": "a"}), Op(1, 1, OBSERVER, OpType.OK, "status", {"pending": 1})]
    write_history(History(ops), tmp_path / "history.parquet")
    table = pq.read_table(tmp_path / "history.parquet").drop_columns(["said"])
    pq.write_table(table, tmp_path / "old.parquet")
    assert read_history_lazily(tmp_path / "old.parquet").ops == read_history(tmp_path / "old.parquet").ops == tuple(ops)


def test_a_process_that_is_called_like_a_number_stays_a_name(tmp_path: Path) -> None:
    history = History([Op(0, 1, "3", OpType.INFO, "note"), Op(1, 2, 3, OpType.INVOKE, "infer", {})])
    write_history(history, tmp_path / "history.parquet")
    assert read_history(tmp_path / "history.parquet").ops == history.ops


def test_what_is_no_table_of_a_history_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.parquet").write_text("nothing of the kind")
    with pytest.raises(ValueError, match=r"text\.parquet is not a table of a history: "):
        read_history(tmp_path / "text.parquet")
    write_statuses(History(()), tmp_path / "status.parquet")
    with pytest.raises(ValueError, match=r"status\.parquet is not a table of a history: "):
        read_history(tmp_path / "status.parquet")


def test_samples_become_a_row_each_and_what_they_say_a_column(tmp_path: Path) -> None:
    said = {"tasks_submitted": 3, "ready": True, "workers": [{"id": "worker1"}], "note": None, "mixed": 1, "load": 0.5}
    history = History(
        [
            Op(0, 500_000_000, OBSERVER, OpType.OK, "status", said),
            Op(1, 600_000_000, 0, OpType.INVOKE, "infer", {"input": "a"}),
            Op(2, 700_000_000, OBSERVER, OpType.INFO, "status", error="no answer within 1 s"),
            Op(3, 900_000_000, OBSERVER, OpType.OK, "status", {"tasks_submitted": 4, "mixed": "x"}),
        ]
    )
    write_statuses(history, tmp_path / "status.parquet")
    assert pq.read_table(tmp_path / "status.parquet").to_pydict() == {
        "op": [0, 2, 3],
        "time_s": [0.5, 0.7, 0.9],
        "error": [None, "no answer within 1 s", None],
        "load": [0.5, None, None],
        "mixed": ["1", None, '"x"'],
        "note": [None, None, None],
        "ready": [True, None, None],
        "tasks_submitted": [3, None, 4],
        "workers": ['[{"id":"worker1"}]', None, None],
    }


def test_samples_of_several_nodes_say_whose_they_are(tmp_path: Path) -> None:
    history = History(
        [
            Op(0, 500_000_000, OBSERVER, OpType.OK, status_of("coordinator1"), {"tasks_submitted": 3}),
            Op(1, 600_000_000, OBSERVER, OpType.INFO, status_of("coordinator2"), error="no answer within 1 s"),
        ]
    )
    write_statuses(history, tmp_path / "status.parquet")
    assert pq.read_table(tmp_path / "status.parquet").to_pydict() == {
        "op": [0, 1],
        "time_s": [0.5, 0.6],
        "error": [None, "no answer within 1 s"],
        "node": ["coordinator1", "coordinator2"],
        "tasks_submitted": [3, None],
    }


def test_nothing_that_collects_or_reads_a_run_imports_what_writes_tables() -> None:
    program = "import sys, chaos.experiment, reports.directory; sys.exit('pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
