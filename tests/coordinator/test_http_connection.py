"""What clients can do to a connection, byte for byte, against a real coordinator with a real worker."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import aiohttp
import psutil
import pytest
import pytest_asyncio

from tests.coordinator.raw_client import BODY, asked, connected, post
from tests.coordinator.running import PATIENCE_S, RunningSystem, running_system
from tests.observability.scraped import scrape


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSystem]:
    """Every test leaves it serving, without an error in its log."""
    async with running_system(tmp_path_factory.mktemp("logs"), HEADER_TIMEOUT="0.5", BODY_TIMEOUT="0.8") as running:
        yield running
        assert b'"level":"error"' not in running.coordinator.log.read_bytes()


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def still_serving(system: RunningSystem) -> AsyncIterator[None]:
    yield
    assert (await system.infer("still there"))[0] == 200
    status = await system.status()
    assert status["tasks_submitted"] == status["tasks_completed"] + status["tasks_failed"]
    assert status["pending_requests"] == []


pytestmark = pytest.mark.asyncio(loop_scope="module")

CHUNKED = b"POST /infer HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
UPGRADE = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"

MALFORMED = {
    "garbage": (b"good morning\r\n\r\n", 400, ["request"]),
    "a tunnel": (b"CONNECT a:1 HTTP/1.1\r\nHost: test\r\n\r\nanything", 400, ["request"]),
    "a broken chunk": (CHUNKED + b"5\r\nhelloZZ\r\n", 400, ["request"]),
    "a large head": (b"GET /healthz HTTP/1.1\r\nX: " + b"a" * 40_000 + b"\r\n\r\n", 431, ["header"]),
    "many headers": (b"GET /healthz HTTP/1.1\r\n" + b"X: a\r\n" * 10_000 + b"\r\n", 431, ["header"]),
    "a long address": (b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\n\r\n", 431, ["header"]),
    "a head without end": (b"GET /healthz HTTP/1.1\r\nX: " + b"a" * 1_000_000, 431, ["header"]),
    "a head that stalls": (b"GET /healthz HTTP/1.1\r\nHost: te", 408, ["header"]),
    "a body that stalls": (post()[:-5], 408, ["body"]),
}


@pytest.mark.parametrize(("sent", "status", "loc"), MALFORMED.values(), ids=MALFORMED)
async def test_what_is_no_request_is_refused_in_the_shape_of_every_refusal(
    system: RunningSystem, sent: bytes, status: int, loc: list[str]
) -> None:
    async with connected(system.url) as client:
        client.send(sent)
        refusal = await client.reply()
        assert (refusal.status, refusal.headers["connection"]) == (status, "close")
        (problem,) = refusal.json["detail"]
        assert problem["loc"] == loc
        await client.closed()


async def test_a_head_just_inside_the_limit_is_read(system: RunningSystem) -> None:
    padding = b"X: " + b"a" * 32_000 + b"\r\n"
    assert (await asked(system.url, post(head=padding))).status == 200


async def test_slow_lorises_are_refused_while_others_are_served(system: RunningSystem) -> None:
    async with AsyncExitStack() as scopes:
        clients = [await scopes.enter_async_context(connected(system.url)) for _ in range(100)]

        async def trickle() -> None:
            for _ in range(1000):
                for client in clients:
                    client.send(b"X")
                await asyncio.sleep(0.05)

        for client in clients:
            client.send(b"POST /infer HTTP/1.1\r\n")
        trickling = asyncio.create_task(trickle())
        replies = asyncio.gather(*(client.reply() for client in clients))
        while not replies.done():
            assert (await system.infer("served meanwhile"))[0] == 200
        assert {reply.status for reply in await replies} == {408}
        trickling.cancel()


async def test_a_body_that_trickles_is_refused_like_one_that_stalls(system: RunningSystem) -> None:
    async with connected(system.url) as client:
        client.send(post(b"")[:-5] + b"50\r\n\r\n")
        reply = asyncio.create_task(client.reply())
        while not reply.done():
            client.send(b" ")
            await asyncio.sleep(0.05)
        assert (await reply).status == 408


async def test_a_connection_on_which_nothing_is_asked_is_closed(system: RunningSystem) -> None:
    async with connected(system.url) as client:
        async with asyncio.timeout(PATIENCE_S):
            assert await client.reader.read() == b""


async def test_a_request_to_speak_something_else_keeps_its_body(system: RunningSystem) -> None:
    async with connected(system.url) as client:
        client.send(post(head=UPGRADE) + post(head=UPGRADE) + post())
        assert [(await client.reply()).status for _ in range(3)] == [200, 200, 200]


async def test_a_chunked_body_survives_an_upgrade_too(system: RunningSystem) -> None:
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
    head = b"POST /infer HTTP/1.1\r\nHost: test\r\n%bTransfer-Encoding: chunked\r\n\r\n" % UPGRADE
    assert (await asked(system.url, head + chunked)).status == 200


async def test_pipelined_requests_are_answered_in_their_order(system: RunningSystem) -> None:
    async with connected(system.url) as client:
        client.send(post() + b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n" + post(b"{}") + post())
        replies = [await client.reply() for _ in range(4)]
        assert [reply.status for reply in replies] == [200, 200, 422, 200]
        assert replies[1].json == {"ok": True}


async def test_garbage_behind_a_request_does_not_cost_it_its_answer(system: RunningSystem) -> None:
    async with connected(system.url) as client:
        client.send(post() + b"and now for something\r\n\r\n")
        reply = await client.reply()
        assert (reply.status, reply.json["output"]) == (200, "POSITIVE")
        await client.closed()


@pytest.mark.parametrize("requests", [1, 3])
async def test_a_client_that_has_said_all_it_wanted_still_gets_its_answers(
    system: RunningSystem, requests: int
) -> None:
    async with connected(system.url) as client:
        client.send(post() * requests)
        client.stop_sending()
        assert [(await client.reply()).status for _ in range(requests)] == [200] * requests
        await client.closed()


async def test_a_client_that_never_reads_is_cut_off(system: RunningSystem) -> None:
    async with connected(system.url) as client:
        client.reader._transport.pause_reading()  # type: ignore[attr-defined]
        client.send(b"GET /openapi.json HTTP/1.1\r\nHost: test\r\n\r\n" * 3000)
        coordinator = psutil.Process(system.coordinator.pid)
        async with asyncio.timeout(PATIENCE_S):
            while any(each.raddr[1:] == (client.port,) for each in coordinator.net_connections(kind="tcp")):
                assert (await system.infer("served meanwhile"))[0] == 200
                await asyncio.sleep(0.05)


async def test_beyond_the_bound_only_health_is_told_and_beyond_that_nothing(tmp_path: Path) -> None:
    async with (
        running_system(tmp_path, workers=0, MAX_CONNECTIONS="4", HEADER_TIMEOUT="60") as alone,
        AsyncExitStack() as scopes,
    ):
        await alone.http.close()  # it keeps a connection
        for _ in range(4):
            await scopes.enter_async_context(connected(alone.url))
        refusal = await asked(alone.url, post())
        assert (refusal.status, refusal.headers["retry-after"], refusal.headers["connection"]) == (503, "1", "close")
        assert refusal.json["detail"] == "too many clients are connected"
        assert (await asked(alone.url, b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n")).status == 200
        # Connections of the reserve on which nothing is asked are closed after a second: a busy machine tries again.
        cut = 0.0
        async with asyncio.timeout(PATIENCE_S):
            while not cut:
                async with AsyncExitStack() as many:
                    for _ in range(64):
                        await many.enter_async_context(connected(alone.url))
                    await (await many.enter_async_context(connected(alone.url))).closed()
                with suppress(aiohttp.ClientError):  # cut as well, while those are still to be seen to be gone
                    cut = (await scrape(f"{alone.url}/metrics"))("brownout_http_connections_cut_total")


async def test_every_answer_is_counted_by_its_status(system: RunningSystem) -> None:
    before = await scrape(f"{system.url}/metrics")
    for sent, _, _ in MALFORMED.values():
        async with connected(system.url) as client:
            client.send(sent)
            await client.reply()
    assert (await system.post(b"{}"))[0] == 422
    after = await scrape(f"{system.url}/metrics")
    given = {
        status: after("brownout_http_answers_total", status=status)
        - before("brownout_http_answers_total", status=status)
        for status in ("200", "400", "408", "422", "431")
    }
    refused = Counter(str(status) for _, status, _ in MALFORMED.values())
    # 200: the first scrape itself, which is counted as it is answered.
    assert given == {"200": 1, "422": 1, **refused}
