"""Faults that a file has a worker inflict on itself, put there and taken away while it runs."""

import json
import time
from pathlib import Path
from random import Random
from typing import Any

import grpc
import pytest
import structlog
from structlog.testing import capture_logs

from system.worker.misfortune import CRASH_EXIT_CODE, Misfortune
from system.worker.mishaps import MishapFile
from tests.worker.running_worker import RunningWorker, says_not_executed, serving


def written(path: Path, **mishaps: Any) -> Path:
    path.write_text(json.dumps(mishaps))
    return path


def read(path: Path, **mishaps: Any) -> MishapFile:
    return MishapFile(written(path, **mishaps), structlog.get_logger())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mishaps.json"


def failing(file: MishapFile, calls: int) -> list[bool]:
    return [file.failure_of_this_call() is not None for _ in range(calls)]


def test_no_file_is_no_mishap_and_one_that_comes_later_counts(path: Path) -> None:
    with capture_logs() as said:
        file = MishapFile(path, structlog.get_logger())
        misfortune = Misfortune(crash_rate=0, max_delay_s=0, rng=Random(1), file=file)
        assert (misfortune.slowness_s, misfortune.killed_by("x"), misfortune.failure_of_this_call()) == (0, None, None)
        written(path, slow_model={"ms": 200}, crash_on={"text": "x"})
        file.read()
        file.read()
        assert (misfortune.slowness_s, misfortune.killed_by("axe")) == (0.2, "crash_on")
        path.unlink()
        file.read()
        assert (misfortune.slowness_s, misfortune.killed_by("axe")) == (0, None)
    assert [line["in_force"] for line in said] == [{}, {"slow_model": {"ms": 200}, "crash_on": {"text": "x"}}, {}]


def test_the_nth_call_fails_and_as_many_after_it_as_are_asked_for(path: Path) -> None:
    assert failing(read(path, fail_rpc={"nth": 3, "times": 2}), 6) == [False, False, True, True, False, False]


def test_calls_are_counted_anew_when_what_fails_them_changes_and_not_otherwise(path: Path) -> None:
    file = read(path, fail_rpc={"nth": 2})
    assert failing(file, 1) == [False]
    written(path, fail_rpc={"nth": 2}, slow_model={"ms": 1})
    file.read()
    assert failing(file, 2) == [True, False]
    written(path, fail_rpc={"nth": 2, "computed": True})
    file.read()
    assert failing(file, 3) == [False, True, False]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"slow_model": {"ms": 0}}',
        '{"slow_model": {"ms": "200"}}',
        '{"crash_on": {"text": ""}}',
        '{"fail_rpc": {"status": "OK"}}',
        '{"fail_rpc": {"status": "SAD"}}',
        '{"fire": {}}',
    ],
)
def test_a_file_that_is_not_understood_changes_nothing_and_is_named_once(path: Path, content: str) -> None:
    file = read(path, slow_model={"ms": 5})
    before = file.current
    path.write_text(content)
    with capture_logs() as said:
        file.read()
        file.read()
    assert file.current is before
    assert [(line["event"], line["file"]) for line in said] == [("mishaps not understood", str(path))]


async def in_force(worker: RunningWorker, **mishaps: Any) -> None:
    await worker.line("mishaps", lambda line: bool(line["in_force"] == mishaps))


async def test_a_worker_is_slow_fails_calls_and_dies_of_a_text_when_it_is_told_to(path: Path) -> None:
    async with serving(MISHAPS_FILE=path) as (worker, client):
        await in_force(worker)

        written(path, slow_model={"ms": 300})
        await in_force(worker, slow_model={"ms": 300})
        began = time.monotonic()
        assert (await client.infer([])).success  # an empty batch too
        assert time.monotonic() - began >= 0.3

        before = {"status": "RESOURCE_EXHAUSTED"}
        written(path, fail_rpc=before)
        await in_force(worker, fail_rpc=before)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await client.infer(["a joy"], ["uncomputed"])
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert not says_not_executed(refused.value)  # nobody knows
        assert (await client.health_check()).ok

        after = {"nth": 2, "status": "INTERNAL", "computed": True}
        written(path, fail_rpc=after, crash_on={"text": "kills"})
        await in_force(worker, fail_rpc=after, crash_on={"text": "kills"})
        assert (await client.infer(["a joy"])).output_texts == ["POSITIVE"]
        with pytest.raises(grpc.aio.AioRpcError) as lost:
            await client.infer(["a joy"], ["computed"])
        assert lost.value.code() is grpc.StatusCode.INTERNAL
        computed = [
            request_id for line in worker.lines if line["event"] == "batch" for request_id in line["request_ids"]
        ]
        assert "computed" in computed
        assert "uncomputed" not in computed

        with pytest.raises(grpc.aio.AioRpcError):
            await client.infer(["a film that kills"])
        assert await worker.exit_code() == CRASH_EXIT_CODE
    struck = [line["kind"] for line in worker.lines if line["event"] == "mishap"]
    assert struck == ["fail_rpc", "fail_rpc", "crash_on"]


async def test_a_worker_that_is_told_nothing_looks_at_no_file_and_says_nothing_of_it() -> None:
    async with serving() as (worker, client):
        assert (await client.infer(["a joy"])).success
        assert not [line for line in worker.lines if "mishap" in line["event"]]
