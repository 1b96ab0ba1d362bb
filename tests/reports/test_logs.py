from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reports.history import History
from reports.log_file import read_batch_sizes, read_coordinator_log, read_worker_log
from reports.logs import (
    Attempt,
    BatchLine,
    CoordinatorLog,
    MembershipLine,
    RequestLine,
    WorkerLog,
    batch_sizes,
    coordinator_log,
    worker_log,
)
from reports.record import Record

FACTS = {"system": {"nodes": [{"name": "coordinator"}, *({"name": f"worker{n}", "capacity": 1} for n in (1, 2))]}}
REQUEST = {
    "timestamp": "2026-01-01T00:00:10.500000Z",
    "event": "request",
    "request_id": "a",
    "input": "fine",
    "success": True,
    "worker": "worker1",
    "latency_ms": 500,
    "retries": 1,
    "error": None,
    "attempts": [
        {"worker": "worker2", "size": 2, "sent_ms": 0.0, "ended_ms": 250.0, "cause": "cut"},
        {"worker": "worker1", "size": 3, "sent_ms": 250.0, "ended_ms": 500.0, "cause": None},
    ],
}
AT = 1767225610.0


def kept(tmp_path: Path, **logs: list[dict[str, Any] | str]) -> Record:
    for node, lines in logs.items():
        text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
        (tmp_path / f"{node}.log").write_text(text)
    return Record(FACTS, History(()), logs=tmp_path)


def test_a_coordinator_says_how_each_request_ended_and_what_it_thinks_of_its_workers(tmp_path: Path) -> None:
    change = {"timestamp": "2026-01-01T00:00:11Z", "event": "membership", "worker": "worker2", "state": "down"}
    record = kept(tmp_path, coordinator=[REQUEST, change, {"event": "started"}, '{"event": "requ'])
    assert record.coordinator_log("coordinator") == CoordinatorLog(
        requests=(
            RequestLine(
                *("a", "fine", True, "worker1", None, AT, AT + 0.5, 1),
                (
                    Attempt("worker2", 2, AT, AT + 0.25, "cut"),
                    Attempt("worker1", 3, AT + 0.25, AT + 0.5, None),
                ),
            ),
        ),
        memberships=(MembershipLine(AT + 1, "worker2", "down"),),
    )
    assert record.coordinator_log("coordinator") is record.coordinator_log("coordinator")
    assert record.coordinator_log("front") is None


def test_a_worker_says_what_it_computed(tmp_path: Path) -> None:
    batch = {"timestamp": "2026-01-01T00:00:10Z", "event": "batch", "request_ids": ["a", "b"]}
    record = kept(tmp_path, worker1=[batch, {**batch, "outputs": ["POSITIVE", None]}])
    assert record.worker_logs == {
        "worker1": WorkerLog(
            (BatchLine(AT, "worker1", ("a", "b"), None), BatchLine(AT, "worker1", ("a", "b"), ("POSITIVE", None)))
        )
    }


def test_lines_that_could_not_be_written_or_lack_something_are_counted(tmp_path: Path) -> None:
    short = {name: value for name, value in REQUEST.items() if name != "request_id"}
    batch = {"timestamp": "yesterday", "event": "batch", "request_ids": ["a"]}
    record = kept(tmp_path, coordinator=[{**REQUEST, "lines_lost": 4}, short], worker1=[batch])
    log = record.coordinator_log("coordinator")
    assert log is not None
    assert (len(log.requests), log.lost) == (1, 5)
    assert record.worker_logs["worker1"] == WorkerLog((), 1)


def test_a_line_that_says_less_counts_as_far_as_it_goes(tmp_path: Path) -> None:
    record = kept(tmp_path, coordinator=[{"event": "request", "request_id": "a", "success": True}])
    log = record.coordinator_log("coordinator")
    assert log == CoordinatorLog((RequestLine("a", "", True, None, None, 0.0, 0.0, 0, ()),))


BATCH = {
    "timestamp": "2026-01-01T00:00:10Z",
    "event": "batch",
    "request_ids": ["a", "b"],
    "outputs": ["POSITIVE", None],
}
ODD: tuple[dict[str, Any] | str, ...] = (
    {},
    {"event": "request"},
    {"event": "membership", "worker": "worker1", "timestamp": "2026-01-01T00:00:11Z"},
    {"event": "membership", "worker": "worker1", "state": "up"},
    {"event": "shed", "worker": 7, "attempts": "three", "input": None},
    {**REQUEST, "timestamp": "yesterday"},
    {**REQUEST, "timestamp": "20260101T000010Z"},
    {**REQUEST, "latency_ms": None},
    {**REQUEST, "success": 1, "worker": None, "lines_lost": 3},
    {**REQUEST, "attempts": [{"worker": "worker1", "size": 1}]},
    {**REQUEST, "attempts": [{"worker": "worker1", "size": 1, "sent_ms": 1, "ended_ms": None, "cause": "cut"}]},
    {**BATCH, "outputs": None},
    {**BATCH, "outputs": [1, 2]},
    {**BATCH, "request_ids": None},
    {**BATCH, "timestamp": "yesterday"},
    {name: value for name, value in BATCH.items() if name != "outputs"},
    "Traceback (most recent call last):",
    '{"event": "request", "request_id": "a',
    "",
)


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_a_log_is_read_in_blocks_as_it_is_line_by_line(odd: dict[str, Any] | str, tmp_path: Path) -> None:
    record = kept(tmp_path, node=[REQUEST, BATCH, odd, {**REQUEST, "request_id": "later"}, {**BATCH, "lines_lost": 2}])
    path = tmp_path / "node.log"
    assert read_coordinator_log(path) == coordinator_log(record.log("node"))
    assert read_worker_log("node", path) == worker_log("node", record.log("node"))
    assert [*record.batch_sizes("node")] == [*read_batch_sizes(path)] == [*batch_sizes(record.log("node"))]
