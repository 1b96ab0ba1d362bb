"""The client of the bundled system against peers that answer, refuse, cut and keep silent."""

import asyncio

import pytest

from chaos.clients.client import InferClient
from chaos.clients.infer_session import connected
from chaos.inputs import sentences
from chaos.processes.ports import PortReservation
from chaos.system_under_test import Reply
from reports.history import OpType
from tests.chaos.scripted_server import Script, saying, serving

ANSWER = '{"request_id": "r1", "output": "POSITIVE", "worker": "worker2", "success": true, "retries": 1, "score": 0.9}'


async def ask(script: Script, deadline_s: float = 10.0) -> Reply:
    async with serving(script) as url, InferClient().open(url) as session:
        return await session.ask("a good film", deadline_s)


async def test_an_answer_is_ok_and_keeps_what_invariants_need() -> None:
    assert await ask(saying("200 OK", ANSWER)) == Reply(
        OpType.OK,
        {"request_id": "r1", "output": "POSITIVE", "worker": "worker2", "retries": 1, "status": 200},
        None,
    )


def test_the_golden_answers_of_the_embedded_model_are_known_to_its_client_alone() -> None:
    (known, *_) = sentences().load()
    assert InferClient().expected(known.text) in ("POSITIVE", "NEGATIVE")
    assert InferClient().expected("never heard of") is None


async def test_a_timeout_of_the_system_is_unknown_and_keeps_who_tried() -> None:
    body = '{"detail": "Inference request timed out", "request_id": "r2", "retries": 3, "workers_tried": ["worker1"]}'
    assert await ask(saying("504 Gateway Timeout", body)) == Reply(
        OpType.INFO,
        {"request_id": "r2", "retries": 3, "workers_tried": ["worker1"], "status": 504},
        "504: Inference request timed out",
    )


@pytest.mark.parametrize("status", ["503 Service Unavailable", "422 Unprocessable Content"])
async def test_a_refusal_certainly_failed(status: str) -> None:
    reply = await ask(saying(status, "full"))
    assert (reply.type, reply.error) == (OpType.FAIL, f"{status[:3]}: full")


@pytest.mark.parametrize("status", ["503 Service Unavailable", "422 Unprocessable Content"])
async def test_a_refusal_of_a_request_that_was_taken_in_is_unknown(status: str) -> None:
    reply = await ask(saying(status, '{"detail": "refused by two workers", "request_id": "r3", "retries": 1}'))
    assert (reply.type, reply.error) == (OpType.INFO, f"{status[:3]}: refused by two workers")


async def test_a_refusal_keeps_when_to_come_again() -> None:
    assert await ask(saying("503 Service Unavailable", '{"detail": "full"}', "Retry-After: 2")) == Reply(
        OpType.FAIL, {"status": 503, "retry_after": "2"}, "503: full"
    )


async def test_a_refusal_keeps_the_kinds_of_its_reasons() -> None:
    reply = await ask(saying("422 Unprocessable Content", '{"detail": [{"type": "poison", "msg": "kills"}, 3, {}]}'))
    assert (reply.type, reply.value) == (OpType.FAIL, {"status": 422, "reasons": ["poison"]})


async def test_the_system_is_told_what_a_request_may_take_and_its_key() -> None:
    heads: list[str] = []

    async with serving(saying("200 OK", ANSWER), heads) as url:
        async with InferClient(timeout_s=0.5).open(url) as session:
            await session.ask("a good film", 10)
        async with connected(url) as session:
            await session.ask("a good film", 10, key="k1")
    hasty, keyed = heads
    assert "X-Request-Timeout: 0.5\r\n" in hasty
    assert "Idempotency-Key" not in hasty
    assert "Idempotency-Key: k1\r\n" in keyed
    assert "X-Request-Timeout" not in keyed


@pytest.mark.parametrize(
    "body",
    ['{"success": false, "output": "POSITIVE"}', '{"success": true}', '{"success": true, "output": ""}', "[]", "oops"],
)
async def test_a_200_that_is_no_answer_is_unknown_and_says_what_it_was(body: str) -> None:
    reply = await ask(saying("200 OK", body))
    assert reply.type is OpType.INFO
    assert reply.error is not None
    assert reply.error.startswith("200 without")
    assert reply.error.endswith(body)


async def test_a_redirect_is_not_followed() -> None:
    assert (await ask(saying("307 Temporary Redirect", "", "Location: /infer"))).type is OpType.INFO


async def test_nobody_listening_certainly_failed() -> None:
    with PortReservation() as port:
        async with InferClient().open(f"http://{port.address}") as session:
            reply = await session.ask("a good film", 10)
    assert reply.type is OpType.FAIL
    assert reply.error is not None
    assert "ClientConnectorError" in reply.error


async def test_silence_is_unknown_at_the_deadline() -> None:
    async def nothing(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        return None

    assert await ask(nothing, deadline_s=0.05) == Reply(OpType.INFO, {}, "no answer within 0.05 s")


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"])
async def test_a_connection_cut_before_the_answer_is_complete_is_unknown(said: bytes) -> None:
    async def cut(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await writer.drain()
        writer.transport.abort()

    reply = await ask(cut)
    assert reply.type is OpType.INFO
    assert reply.error


async def test_any_number_of_requests_are_out_at_once() -> None:
    waiting, everybody = 0, asyncio.Event()

    async def together(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal waiting
        waiting += 1
        if waiting == 150:  # more than aiohttp would connect without being told to
            everybody.set()
        await everybody.wait()
        await saying("200 OK", ANSWER)(reader, writer)

    async with serving(together) as url, InferClient().open(url) as session:
        replies = await asyncio.gather(*(session.ask("a", 20) for _ in range(150)))
    assert {reply.type for reply in replies} == {OpType.OK}
