"""Pictures are drawn from tables as they would be from the lines themselves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reports.directory import RunDirectory, RunDirectoryProblem
from reports.request_columns import RequestColumns, read_requests, write_requests
from reports.run_plots import run_chart
from tests.browser.made_runs import full_run


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    made = full_run(tmp_path_factory.mktemp("runs"))
    made.write_tables(made.read().history)
    return made


def test_a_table_says_what_the_requests_say(directory: RunDirectory) -> None:
    requests = directory.read().requests
    written, made = read_requests(directory.request_table), RequestColumns.of(requests)
    assert written.workers == made.workers
    for name in ("invoked_op", "op", "due_s", "sent_s", "outcome", "retries", "worker"):
        assert getattr(written, name).tolist() == getattr(made, name).tolist(), name
    assert written.completed_s.tolist() == pytest.approx(made.completed_s.tolist(), nan_ok=True, abs=0)
    assert len(written) == len(requests) > 0


def test_whoever_draws_from_tables_draws_the_same(directory: RunDirectory) -> None:
    lines, tables = directory.read(), directory.read_for_pictures()
    assert tables.table is not None
    assert tables.windows == lines.windows
    assert tables.statuses == lines.statuses
    assert run_chart(tables, 0.0).to_dict(validate=False) == run_chart(lines, 0.0).to_dict(validate=False)


def test_each_op_leads_to_its_request(directory: RunDirectory) -> None:
    tables = directory.read_for_pictures()
    for request in directory.read().requests:
        assert tables.request_of(request.op) == request
        assert tables.request_of(request.invoked_op) == request
    assert tables.request_of(10**9) is None
    assert all(tables.request_of(op.index) is None for op in tables.history.of("nemesis"))


def test_what_is_read_late_is_what_is_there(directory: RunDirectory) -> None:
    assert directory.read_for_pictures().history.ops == directory.read().history.ops


def test_tables_that_are_older_than_the_lines_are_not_believed(tmp_path: Path) -> None:
    made = full_run(tmp_path)
    assert made.read_for_pictures().table is None
    made.write_tables(made.read().history)
    assert made.read_for_pictures().table is not None
    later = made.request_table.stat().st_mtime_ns + 10**9
    os.utime(made.history, ns=(later, later))
    assert made.read_for_pictures().table is None


def test_no_requests_are_a_table_too(tmp_path: Path) -> None:
    path = tmp_path / "requests.parquet"
    write_requests((), path)
    assert len(read_requests(path)) == 0


def test_a_damaged_table_is_named(tmp_path: Path) -> None:
    made = full_run(tmp_path)
    made.write_tables(made.read().history)
    made.request_table.write_bytes(b"PAR1")
    with pytest.raises(ValueError, match=r"requests\.parquet is not a table of requests"):
        _ = made.read_for_pictures().columns
    made.history_table.write_bytes(b"PAR1")
    with pytest.raises(RunDirectoryProblem, match=r"history\.parquet is not a table of a history"):
        made.read_for_pictures()
