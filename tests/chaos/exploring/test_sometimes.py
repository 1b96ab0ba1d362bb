"""Each path of the bundled system is counted where it was taken, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from chaos.exploring.sometimes import PATHS, sometimes, tally
from reports.history import OBSERVER, OpType
from reports.record import Record
from tests.chaos.invariants.golden import Draft, ask, fail, golden, ok

QUIET = (ask(0, at=1), ok(0, at=1.5, request_id="a", output="POSITIVE", worker="worker1", retries=0, status=200))


def sample(at: float, *, alive: bool, queue: int, hedged: int = 0) -> Draft:
    value = {"workers": [{"id": "worker1", "alive": alive}], "queue_length": queue, "tasks_hedged": hedged}
    return Draft(at, OBSERVER, OpType.OK, "status", value)


def request(
    *, success: bool = True, worker: str = "worker1", error: str | None = None, **causes: str
) -> dict[str, Any]:
    """`causes` are those of its attempts, by worker; "answered" of the one that did."""
    attempts = [{"worker": name, "cause": None if cause == "answered" else cause} for name, cause in causes.items()]
    return {"event": "request", "success": success, "worker": worker, "error": error, "attempts": attempts}


def membership(state: str, reason: str = "") -> dict[str, Any]:
    return {"event": "membership", "worker": "worker1", "state": state, "reason": reason}


def taken(record: Record) -> dict[str, int]:
    return {name: times for name, times in tally(record, PATHS).items() if times}


@pytest.mark.parametrize(
    ("lines", "path"),
    [
        ([membership("suspected")], "a worker was suspected"),
        ([membership("ejected")], "a worker was ejected"),
        ([membership("trial")], "a worker came back by a trial batch"),
        ([membership("up", "it is another process now")], "a worker was replaced by another process"),
        ([request(worker="worker2", worker2="silent")], "a late answer was taken"),
        (
            [request(worker="worker2", worker1="cut", worker2="answered")],
            "a suspected text travelled alone and was acquitted",
        ),
        (
            [request(success=False, error="this input killed 2 workers, one after the other", worker1="cut")],
            "a text was convicted of killing workers",
        ),
        (
            [request(worker="worker2", worker1="not_serving", worker2="answered")],
            "a worker drained and its work went elsewhere",
        ),
    ],
)
def test_what_the_coordinator_logs_is_counted(lines: list[dict[str, Any]], path: str, tmp_path: Path) -> None:
    (tmp_path / "coordinator.log").write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines * 2))
    assert taken(golden(*QUIET, logs=tmp_path)) == {path: 2}


@pytest.mark.parametrize(
    ("ops", "path"),
    [
        ([ask(1, at=2), ok(1, at=3, retries=2, output="POSITIVE")], "a request was redirected and answered"),
        ([sample(2, alive=False, queue=3)], "requests waited while there was no worker"),
        ([ask(1, at=2), fail(1, at=2.1, status=503, retry_after="1")], "a request was refused under overload"),
        ([sample(2, alive=True, queue=3, hedged=1)], "a request was hedged"),
        ([ask(1, at=2), ok(1, at=3, replayed=True, output="POSITIVE")], "an answer was given again for its key"),
    ],
)
def test_what_clients_and_observer_saw_is_counted(ops: list[Draft], path: str) -> None:
    assert taken(golden(*QUIET, *ops)) == {path: 1}


def test_a_quiet_run_takes_none_of_them_and_says_so() -> None:
    counted = tally(golden(*QUIET, sample(2, alive=False, queue=0), sample(3, alive=True, queue=3)), PATHS)
    assert set(counted) == {path.name for path in PATHS}
    assert counted.total() == 0


def test_a_silent_worker_whose_request_another_answered_is_no_late_answer(tmp_path: Path) -> None:
    line = request(worker="worker1", worker2="silent", worker1="answered")
    (tmp_path / "coordinator.log").write_bytes(orjson.dumps(line) + b"\n")
    assert taken(golden(*QUIET, logs=tmp_path)) == {}


def test_anything_that_a_record_shows_can_be_counted() -> None:
    asked = sometimes("somebody asked", lambda record: len(record.requests))
    assert tally(golden(*QUIET), [asked]) == {"somebody asked": 1}
