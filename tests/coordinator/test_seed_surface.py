"""The promises of the seed that a client or an operator meets: names, fields, defaults, and what each setting does.

docs/seed-parity.md says which promise is held where.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from pydantic_settings import BaseSettings

from system.coordinator.addresses import Addresses
from system.coordinator.settings import CoordinatorSettings
from system.worker.settings import WorkerSettings
from tests.coordinator.running import PATIENCE_S, RunningSystem, running_system

DEFAULTS: Final[Mapping[type[BaseSettings], Mapping[str, object]]] = {
    CoordinatorSettings: {
        "WORKER_TIMEOUT": 3.0,
        "BATCH_SIZE": 3,
        "BATCH_TIMEOUT": 0.15,
        "WORKERS": Addresses.read("worker1:50051,worker2:50051,worker3:50051"),
        "REQUEST_LOG_SIZE": 5000,
        "PORT": 8000,
    },
    WorkerSettings: {"CRASH_RATE": 0.0, "MAX_DELAY": 0.0, "PORT": 50051},
}

PENDING: Final = {"id", "input", "status", "worker", "timestamp"}
RECENT: Final = {*("timestamp", "request_id", "input", "output", "worker", "success", "error", "retries", "latency_ms")}


async def recent(system: RunningSystem) -> list[dict[str, Any]]:
    async with system.http.get("/recent_requests") as response:
        listed: list[dict[str, Any]] = await response.json()
        return listed


@pytest.mark.parametrize("kind", DEFAULTS, ids=lambda kind: kind.__name__)
def test_the_defaults_are_those_of_the_seed(kind: type[BaseSettings], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in kind.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)

    settings = kind()

    assert {name: getattr(settings, name.lower()) for name in DEFAULTS[kind]} == DEFAULTS[kind]


def test_workers_without_ids_are_called_by_their_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKERS", "one:50051,two:50051")

    assert CoordinatorSettings().workers.fixed == {"one": "one:50051", "two": "two:50051"}


async def test_what_waits_is_listed_as_pending_and_travels_in_batches_of_the_batch_size(tmp_path: Path) -> None:
    # Long bounds: the paused worker stays one that is only slow.
    async with (
        running_system(tmp_path, HEARTBEAT_TIMEOUT="60", WORKER_TIMEOUT="60", BATCH_SIZE="2") as system,
        asyncio.TaskGroup() as clients,
    ):
        await system.workers[0].pause()
        answers = [clients.create_task(system.infer(f"number {number}, a fine film")) for number in range(7)]
        async with asyncio.timeout(PATIENCE_S):
            while len(listed := await pending(system)) < len(answers):
                await asyncio.sleep(0.01)
        await system.workers[0].resume()
    said = [orjson.loads(line) for line in system.workers[0].log.read_bytes().splitlines()]

    assert {each["status"] for each in listed} == {"queued", "processing"}
    for each in listed:
        assert set(each) == PENDING
        assert each["worker"] == ("worker1" if each["status"] == "processing" else None)
        assert datetime.fromisoformat(each["timestamp"]).tzinfo is not None
    assert {each["input"] for each in listed} == {f"number {number}, a fine film" for number in range(7)}
    replies = [answer.result() for answer in answers]
    assert {status for status, _ in replies} == {200}
    assert {each["id"] for each in listed} == {reply["request_id"] for _, reply in replies}
    assert max(line["size"] for line in said if line["event"] == "batch") == 2


async def pending(system: RunningSystem) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = (await system.status())["pending_requests"]
    return listed


async def test_a_worker_that_died_is_shown_as_such_with_when_it_was_last_seen(tmp_path: Path) -> None:
    async with running_system(tmp_path) as system:
        await system.workers[0].kill()
        async with asyncio.timeout(PATIENCE_S):
            while (worker := (await system.status())["workers"][0])["alive"]:
                await asyncio.sleep(0.01)

    assert worker["id"] == "worker1"
    assert worker["tasks_processed"] == 0
    assert datetime.fromisoformat(worker["last_seen"]) < datetime.now(UTC)


async def test_the_log_of_requests_keeps_as_many_as_it_is_told(tmp_path: Path) -> None:
    async with running_system(tmp_path, REQUEST_LOG_SIZE="2") as system:
        answered = [(await system.infer(f"number {number}"))[1]["request_id"] for number in range(3)]
        newest, before = await recent(system)

    assert [newest["request_id"], before["request_id"]] == [answered[2], answered[1]]
    assert set(newest) >= RECENT
    assert datetime.fromisoformat(newest["timestamp"]) >= datetime.fromisoformat(before["timestamp"])


async def test_a_request_that_nobody_answers_fails_after_five_times_the_worker_timeout(tmp_path: Path) -> None:
    async with running_system(tmp_path, workers=0, WORKER_TIMEOUT="0.2") as alone:
        began = time.monotonic()
        status, failure = await alone.infer("is anybody there?")
        took_s = time.monotonic() - began
        (logged,) = await recent(alone)
        (line,) = alone.lines("request")

    assert 1.0 <= took_s < 4.0
    assert status >= 500
    assert failure["detail"] == "Inference request timed out"
    assert set(logged) >= RECENT
    assert (logged["success"], logged["error"], logged["output"]) == (False, failure["detail"], None)
    assert {name: line[name] for name in ("request_id", "worker", "retries")} == {
        "request_id": failure["request_id"],
        "worker": None,
        "retries": 0,
    }
    assert line["latency_ms"] >= 1000
