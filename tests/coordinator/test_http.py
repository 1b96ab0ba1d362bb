"""The REST surface of a real coordinator with a real worker behind it."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import sys
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import orjson
import pytest
import pytest_asyncio

from tests.coordinator.running import PATIENCE_S, RunningSystem, running_system


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSystem]:
    async with running_system(tmp_path_factory.mktemp("logs"), MAX_BODY_BYTES="4096") as running:
        yield running


pytestmark = pytest.mark.asyncio(loop_scope="module")

BAD_BODIES = {
    "nothing": (b"", 422, ["body"]),
    "not JSON": (b"input=a", 422, ["body"]),
    "cut JSON": (b'{"input": "a', 422, ["body"]),
    "not an object": (b"[1]", 422, ["body"]),
    "deeply nested": (b"[" * 4000, 422, ["body"]),
    "no field": (b"{}", 422, ["body", "input"]),
    "a number": (b'{"input": 1}', 422, ["body", "input"]),
    "null": (b'{"input": null}', 422, ["body", "input"]),
    "empty": (b'{"input": ""}', 422, ["body", "input"]),
    "an unknown field": (b'{"input": "a", "inptu": "b"}', 422, ["body", "inptu"]),
    "NUL": (b'{"input": "a\\u0000b"}', 422, ["body", "input"]),
    "a lone surrogate": (b'{"input": "\\ud800"}', 422, ["body"]),
    "invalid UTF-8": (b'{"input": "\xff"}', 422, ["body"]),
    "too large": (orjson.dumps({"input": "a" * 1_000_000}), 413, ["body", "input"]),
}


@pytest.mark.parametrize(("body", "status", "field"), BAD_BODIES.values(), ids=BAD_BODIES)
async def test_a_bad_body_is_a_client_error_that_names_the_field(
    system: RunningSystem, body: bytes, status: int, field: list[str]
) -> None:
    before = await system.status()
    answered, problem = await system.post(body)
    assert (answered, problem["detail"][0]["loc"]) == (status, field)
    after = await system.status()
    assert after["tasks_submitted"] == before["tasks_submitted"]
    assert (await system.infer("still there"))[0] == 200


async def test_a_body_that_never_says_its_size_is_cut_at_the_limit(system: RunningSystem) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield b"a" * 1000

    async with system.http.post("/infer", data=endless()) as response:
        assert response.status == 413


async def test_a_client_that_hangs_up_in_the_middle_of_its_body_is_no_error(system: RunningSystem) -> None:
    host, port = system.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(b'POST /infer HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\n{"input": ')
    await writer.drain()
    await system.status()  # answered by the same loop, which has read the other connection by then
    writer.close()
    await writer.wait_closed()
    assert (await system.infer("still there"))[0] == 200
    assert b'"level":"error"' not in system.coordinator.log.read_bytes()


async def test_an_answer_has_the_fields_of_the_contract(system: RunningSystem) -> None:
    status, answer = await system.infer("an utterly charming film")
    assert status == 200
    assert uuid.UUID(answer.pop("request_id")).version == 4
    assert 0.5 <= answer.pop("score") <= 1.0
    assert answer == {"output": "POSITIVE", "worker": "worker1", "success": True, "retries": 0}


async def test_status_has_the_fields_of_the_contract(system: RunningSystem) -> None:
    before = await system.status()
    await system.infer("once more")
    status = await system.status()
    assert status["tasks_submitted"] == before["tasks_submitted"] + 1
    assert status["tasks_completed"] == before["tasks_completed"] + 1
    assert status["tasks_retried"] == status["tasks_failed"] == status["queue_length"] == 0
    assert status["pending_requests"] == []
    (worker,) = status["workers"]
    assert worker["id"] == "worker1"
    assert worker["alive"] is True
    assert worker["tasks_processed"] == status["tasks_completed"]
    assert worker["last_seen"].startswith("20")


async def test_recent_requests_are_newest_first_and_truncated(system: RunningSystem) -> None:
    await system.infer("first")
    _, answer = await system.infer("second " + "x" * 500)
    async with system.http.get("/recent_requests", params={"limit": 2}) as response:
        newest, before = await response.json()
    assert newest["request_id"] == answer["request_id"]
    assert newest["input"].startswith("second xxx")
    assert len(newest["input"]) <= 120
    assert before["input"] == "first"
    assert newest["success"] is True
    assert newest["error"] is None
    assert newest["latency_ms"] > 0


@pytest.mark.parametrize("limit", ["0", "-1", "many"])
async def test_a_wrong_limit_is_named(system: RunningSystem, limit: str) -> None:
    async with system.http.get("/recent_requests", params={"limit": limit}) as response:
        assert response.status == 422
        assert (await response.json())["detail"][0]["loc"] == ["query", "limit"]


NONE: Final = ("", "brownout_queue", "no such\x00 thing", "\N{SNOWMAN}" * 100, "%ff")
OF_BATCHES: Final = ("brownout_batch_size_count", "brownout_batch_size_sum")


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (OF_BATCHES, {*OF_BATCHES}),
        (("brownout_queue_length", "brownout_queue_length", *NONE), {"brownout_queue_length"}),
        (NONE, set()),
        (tuple(f"n{number}" for number in range(1000)), set()),
    ],
    ids=["two", "one among others", "none", "a thousand"],
)
async def test_of_figures_those_asked_for_are_told_and_what_is_none_tells_nothing(
    system: RunningSystem, names: tuple[str, ...], told: set[str]
) -> None:
    await system.infer("fine")
    async with system.http.get("/metrics", params=[("name[]", name) for name in names]) as response:
        assert response.status == 200
        lines = (await response.text()).splitlines()
    assert {re.split(r"[{ ]", line)[0] for line in lines if not line.startswith("#")} == told


async def test_alive_and_ready(system: RunningSystem) -> None:
    async with system.http.get("/healthz") as alive, system.http.get("/readyz") as ready:
        assert (alive.status, await alive.json()) == (200, {"ok": True})
        assert (ready.status, await ready.json()) == (200, {"ready": True, "reason": None})


async def test_every_answered_request_has_one_log_line(system: RunningSystem) -> None:
    _, answer = await system.infer("logged")
    (line,) = [line for line in system.lines("request") if line["request_id"] == answer["request_id"]]
    assert line["success"] is True
    assert line["worker"] == "worker1"
    assert line["retries"] == 0
    assert line["latency_ms"] > 0


async def test_without_a_worker_nothing_is_ready_and_requests_time_out(tmp_path: Path) -> None:
    async with running_system(tmp_path, workers=0, WORKER_TIMEOUT="0.1") as alone:
        async with alone.http.get("/readyz") as response:
            assert response.status == 503
            assert "no healthy worker" in (await response.json())["reason"]
        status, failure = await alone.infer("is anybody there?")
        assert status == 504
        assert failure.pop("request_id")
        assert failure == {"detail": "Inference request timed out", "retries": 0, "workers_tried": []}
        assert (await alone.status())["tasks_failed"] == 1


async def test_an_input_that_the_model_refuses_is_named_like_other_bad_input(tmp_path: Path) -> None:
    async with running_system(tmp_path) as system:
        status, problem = await system.infer("a" * 60_000)
        assert status == 422
        assert problem["detail"][0]["loc"] == ["body", "input"]
        assert "60000 characters" in problem["detail"][0]["msg"]
        assert problem["workers_tried"] == ["worker1", "worker1"]


async def test_a_full_queue_is_refused_with_when_to_come_again(tmp_path: Path) -> None:
    async with running_system(tmp_path, workers=0, QUEUE_LIMIT="1", WORKER_TIMEOUT="0.4") as alone:
        waiting = asyncio.create_task(alone.infer("waits"))
        async with asyncio.timeout(PATIENCE_S):
            while (await alone.status())["queue_length"] == 0:
                await asyncio.sleep(0.01)
        async with alone.http.post("/infer", json={"input": "refused"}) as response:
            assert response.status == 503
            assert int(response.headers["Retry-After"]) >= 1
        assert (await waiting)[0] == 504
        assert (await alone.status())["tasks_submitted"] == 1


async def test_membership_changes_are_logged(tmp_path: Path) -> None:
    async with running_system(tmp_path) as system:
        await system.workers[0].kill()
        async with asyncio.timeout(PATIENCE_S):
            while not any(line["state"] == "down" for line in system.lines("membership")):
                await asyncio.sleep(0.05)
        async with system.http.get("/readyz") as response:
            assert "worker1 is down" in (await response.json())["reason"]


# ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def complaint(**settings: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "system.coordinator",
        env={"PATH": os.environ["PATH"], **settings},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(PATIENCE_S):
        _, said = await process.communicate()
    return process.returncode, said.decode()


async def test_all_wrong_settings_are_named_at_once() -> None:
    code, said = await complaint(BATCH_SIZE="0", WORKERS="worker1,w=1.2.3.4:5,w=1.2.3.4:6", WORKER_TIMEOUT="soon")
    assert code == 2
    for part in ("BATCH_SIZE='0'", "'worker1' is neither", "'w' is there more than once", "WORKER_TIMEOUT='soon'"):
        assert part in said
    assert "Traceback" not in said


async def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        code, said = await complaint(PORT=port, WORKERS="w=127.0.0.1:1")
    assert code == 2
    assert f"PORT={port}" in said
    assert "in use" in said
