"""What the headers of a request ask for, of a real coordinator with a real worker behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import orjson
import pytest
import pytest_asyncio

from tests.coordinator.raw_client import asked, post
from tests.coordinator.running import RunningSystem, running_system


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSystem]:
    async with running_system(tmp_path_factory.mktemp("logs")) as running:
        yield running


pytestmark = pytest.mark.asyncio(loop_scope="module")

BODY = orjson.dumps({"input": "asked with headers"})


@pytest.mark.parametrize("seconds", ["soon", "", "0", "0.0", "-1", "inf", "nan", "1_0", "0x1", "1e999", "1, 2", "٣"])
async def test_a_time_that_is_none_is_named(system: RunningSystem, seconds: str) -> None:
    status, problem = await system.post(BODY, headers={"X-Request-Timeout": seconds})
    assert (status, problem["detail"][0]["loc"]) == (422, ["header", "X-Request-Timeout"])


@pytest.mark.parametrize("seconds", ["10", "10.", ".9e1", "2E+0", "1e300", "999999999999999999999"])
async def test_any_number_of_seconds_is_a_time(system: RunningSystem, seconds: str) -> None:
    assert (await system.post(BODY, headers={"X-Request-Timeout": seconds}))[0] == 200


async def test_a_time_too_short_for_anybody_is_over_at_once(system: RunningSystem) -> None:
    status, failure = await system.post(BODY, headers={"X-Request-Timeout": "1e-9"})
    assert (status, failure["detail"]) == (504, "Inference request timed out")


async def test_nobody_waits_longer_than_the_coordinator_does(tmp_path_factory: pytest.TempPathFactory) -> None:
    async with running_system(tmp_path_factory.mktemp("alone"), workers=0, WORKER_TIMEOUT="0.05") as alone:
        async with asyncio.timeout(10):
            assert (await alone.post(BODY, headers={"X-Request-Timeout": "3600"}))[0] == 504


@pytest.mark.parametrize("key", ["", "a b", "a" * 256, "ключ", "a\tb"])
async def test_a_key_that_is_none_is_named(system: RunningSystem, key: str) -> None:
    status, problem = await system.post(BODY, headers={"Idempotency-Key": key})
    assert (status, problem["detail"][0]["loc"]) == (422, ["header", "Idempotency-Key"])


async def test_everything_that_is_wrong_is_named_at_once(system: RunningSystem) -> None:
    twice = b"Idempotency-Key: a\r\nIdempotency-Key: b\r\nX-Request-Timeout: soon\r\n"
    reply = await asked(system.url, post(b'{"inptu": "a"}', twice))
    assert sorted(problem["loc"] for problem in reply.json["detail"]) == [
        ["body", "inptu"],
        ["body", "input"],
        ["header", "Idempotency-Key"],
        ["header", "X-Request-Timeout"],
    ]


async def test_a_key_gets_one_execution_and_the_same_answer(system: RunningSystem) -> None:
    before = await system.status()
    headers = {"Idempotency-Key": "once"}
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(system.post(BODY, headers=headers)) for _ in range(5)]
    answers = [task.result()[1] for task in tasks]
    async with system.http.post("/infer", data=BODY, headers=headers) as response:
        assert response.headers["Idempotent-Replayed"] == "true"
        answers.append(await response.json())
    assert all(answer == answers[0] for answer in answers)
    after = await system.status()
    assert after["tasks_submitted"] == before["tasks_submitted"] + 1


async def test_an_answer_that_is_the_first_does_not_say_that_it_was_replayed(system: RunningSystem) -> None:
    async with system.http.post("/infer", data=BODY, headers={"Idempotency-Key": "first"}) as response:
        assert response.status == 200
        assert "Idempotent-Replayed" not in response.headers


async def test_a_key_is_not_for_another_text(system: RunningSystem) -> None:
    headers = {"Idempotency-Key": "mine"}
    assert (await system.post(BODY, headers=headers))[0] == 200
    assert (await system.post(b'{ "input" : "asked with headers" }', headers=headers))[0] == 200
    status, problem = await system.post(orjson.dumps({"input": "another"}), headers=headers)
    assert (status, problem["detail"][0]["type"]) == (422, "key_reused")


async def test_what_failed_may_be_tried_again_under_its_key(system: RunningSystem) -> None:
    key = {"Idempotency-Key": "again"}
    assert (await system.post(BODY, headers=key | {"X-Request-Timeout": "1e-9"}))[0] == 504
    assert (await system.post(BODY, headers=key))[0] == 200
