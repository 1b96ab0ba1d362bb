"""Clients that go away, or are given up, while they wait. No worker is there, so that they do wait."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio

from tests.coordinator.raw_client import RawClient, connected, post
from tests.coordinator.running import PATIENCE_S, RunningSystem, running_system
from tests.polling import until


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def alone(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSystem]:
    async with running_system(tmp_path_factory.mktemp("logs"), workers=0, WORKER_TIMEOUT="60") as running:
        yield running
        assert b'"level":"error"' not in running.coordinator.log.read_bytes()


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def until_pending(system: RunningSystem, *texts: str) -> None:
    async def pending() -> bool:
        return sorted(each["input"] for each in (await system.status())["pending_requests"]) == sorted(texts)

    await until(pending)


async def newest(system: RunningSystem) -> dict[str, Any]:
    async with system.http.get("/recent_requests", params={"limit": 1}) as response:
        (entry,) = await response.json()
        return dict(entry)


def body(text: str) -> bytes:
    return orjson.dumps({"input": text})


async def leave(client: RawClient) -> None:
    client.writer.close()


async def reset(client: RawClient) -> None:
    client.writer.transport.abort()


@pytest.mark.parametrize("go", [leave, reset])
async def test_a_client_that_goes_away_takes_its_request_with_it(alone: RunningSystem, go: Any) -> None:
    before = await alone.status()
    async with connected(alone.url) as stays, connected(alone.url) as goes:
        stays.send(post(body("stays"), b"X-Request-Timeout: 1\r\n"))
        goes.send(post(body("goes")))
        await until_pending(alone, "goes", "stays")
        await go(goes)
        await until_pending(alone, "stays")
        assert (await newest(alone))["error"] == "the client went away"
        assert (await alone.status())["tasks_failed"] == before["tasks_failed"] + 1
        assert (await stays.reply()).status == 504


async def test_a_client_that_is_killed_is_noticed_too(alone: RunningSystem) -> None:
    host, port = alone.url.removeprefix("http://").split(":")
    program = (
        "import socket, sys, time; s = socket.create_connection(sys.argv[1:3]); s.sendall(sys.stdin.buffer.read())"
    )
    client = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", f"{program}; time.sleep(600)", host, port), stdin=asyncio.subprocess.PIPE
    )
    assert client.stdin is not None
    client.stdin.write(post(body("killed")))
    client.stdin.close()
    await until_pending(alone, "killed")
    os.kill(client.pid, signal.SIGKILL)
    await until_pending(alone)
    await client.wait()


async def test_a_client_that_only_said_that_it_has_said_all_is_waited_for(alone: RunningSystem) -> None:
    async with connected(alone.url) as client:
        client.send(post(body("half"), b"X-Request-Timeout: 1\r\n"))
        client.stop_sending()
        await until_pending(alone, "half")
        reply = await client.reply()
        assert (reply.status, reply.json["detail"]) == (504, "Inference request timed out")
        await client.closed()


async def test_a_keyed_request_waits_for_its_client_to_come_back(alone: RunningSystem) -> None:
    key = b"Idempotency-Key: comes-back\r\n"
    async with connected(alone.url) as client:
        client.send(post(body("keyed"), key + b"X-Request-Timeout: 2\r\n"))
        await until_pending(alone, "keyed")
    async with connected(alone.url) as impatient:
        impatient.send(post(body("keyed"), key + b"X-Request-Timeout: 0.2\r\n"))
        reply = await impatient.reply()
        assert (reply.status, reply.headers["retry-after"]) == (409, "1")
    async with connected(alone.url) as back:
        back.send(post(body("keyed"), key))
        await until_pending(alone, "keyed")
        assert (await back.reply()).status == 504  # the first one's time was over
    assert (await newest(alone))["error"] == "Inference request timed out"


async def test_the_mates_of_one_who_leaves_are_answered(tmp_path: Path) -> None:
    async with running_system(tmp_path, HEARTBEAT_TIMEOUT="60") as system:
        (worker,) = system.workers
        await worker.pause()
        async with connected(system.url) as first, connected(system.url) as goes, connected(system.url) as last:
            for client, text in ((first, "first"), (goes, "goes"), (last, "last")):
                client.send(post(body(text)))
            await until_pending(system, "first", "goes", "last")
            await leave(goes)
            await until_pending(system, "first", "last")
            await worker.resume()
            assert [(await client.reply()).status for client in (first, last)] == [200, 200]
        status = await system.status()
        assert (status["tasks_submitted"], status["tasks_completed"], status["tasks_failed"]) == (3, 2, 1)


async def test_clients_that_hold_on_do_not_hold_up_the_end(tmp_path: Path) -> None:
    """One never reads, one has said all, one stalls in its head, one in its body, one keeps a connection for later."""
    async with (
        running_system(tmp_path, workers=0, WORKER_TIMEOUT="60", DRAIN_TIMEOUT="1") as alone,
        connected(alone.url) as never_reads,
        connected(alone.url) as half_closed,
        connected(alone.url) as in_its_head,
        connected(alone.url) as in_its_body,
        connected(alone.url) as idle,
    ):
        never_reads.reader._transport.pause_reading()  # type: ignore[attr-defined]
        never_reads.send(b"GET /openapi.json HTTP/1.1\r\nHost: test\r\n\r\n" * 3000)
        in_its_head.send(post()[:20])
        in_its_body.send(post()[:-5])
        idle.send(b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n")
        assert (await idle.reply()).status == 200
        half_closed.send(post(body("half")))
        half_closed.stop_sending()
        await until_pending(alone, "half")
        began = asyncio.get_running_loop().time()
        await alone.coordinator.terminate()
        assert (await half_closed.reply()).status == 500
        assert (await in_its_body.reply()).status == 503
        assert (await alone.coordinator.wait(PATIENCE_S)).code == 0
        assert asyncio.get_running_loop().time() - began < 1 + 1 + 5  # DRAIN_TIMEOUT, its second more, a noisy machine
