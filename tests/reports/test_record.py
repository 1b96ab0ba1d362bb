from __future__ import annotations

from pathlib import Path

from reports.history import History, Op, OpType
from reports.record import Record

FACTS = {
    "system": {
        "nodes": [{"name": "coordinator", "capacity": 0}, {"name": "worker1", "capacity": 2}, {"name": "worker2"}],
        "settings": {"worker_timeout_s": 3.0},
    }
}


def test_capacity_is_of_the_nodes_that_do_work() -> None:
    assert Record(FACTS, History(())).capacity == {"worker1": 2}
    assert Record(FACTS, History(())).settings == {"worker_timeout_s": 3.0}


def test_a_run_without_facts_has_no_capacity_and_no_settings() -> None:
    record = Record({}, History(()))
    assert (record.capacity, record.settings, record.windows, record.requests) == ({}, {}, (), ())


def test_samples_that_failed_are_left_out_of_the_statuses() -> None:
    ops = [
        Op(0, 1_000_000_000, "observer", OpType.OK, "status", {"pending": 1}),
        Op(1, 2_000_000_000, "observer", OpType.INFO, "status", None, "no answer"),
        Op(2, 3_000_000_000, "observer", OpType.OK, "noise", {"stolen": 0.1}),
        Op(3, 4_000_000_000, "observer", OpType.OK, "status", {"pending": 0}),
    ]
    assert Record({}, History(ops)).statuses == ((1.0, 0, {"pending": 1}), (4.0, 3, {"pending": 0}))


def test_a_log_is_read_past_what_is_not_json(tmp_path: Path) -> None:
    (tmp_path / "worker1.log").write_bytes(
        b'{"event": "serving"}\nTraceback\n[1]\n\xff\n{"event": "batch"}\n{"event": "ba'
    )
    record = Record({}, History(()), logs=tmp_path)
    assert list(record.log("worker1")) == [{"event": "serving"}, {"event": "batch"}]
    assert record.has_log("worker1")


def test_a_log_that_was_not_kept_is_told_from_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "worker1.log").touch()
    record = Record({}, History(()), logs=tmp_path)
    assert (record.has_log("worker1"), record.has_log("worker2")) == (True, False)
    assert list(record.log("worker1")) == list(record.log("worker2")) == []
    assert not Record({}, History(())).has_log("worker1")
