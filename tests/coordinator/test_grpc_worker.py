"""The gRPC edge against peers that misbehave in ways a real worker does not."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
import pytest

from proto.inference_pb2 import HealthResponse, InferRequest, InferResponse
from proto.trailers import NOT_EXECUTED
from system.coordinator.core.worker import Answer, AttemptFailed, Cause, Health, Item, ItemRefused
from system.coordinator.grpc_worker import GrpcWorker
from tests.coordinator import first_contract
from tests.worker.running_worker import serving

PATIENCE_S = 30.0
ITEMS = [Item("1", "a wonderful film"), Item("2", "a dreadful film")]


@asynccontextmanager
async def deaf_peer() -> AsyncIterator[tuple[str, list[asyncio.StreamWriter]]]:
    """Completes the HTTP/2 handshake and never says another word. Yields its address and its connections."""
    connections: list[asyncio.StreamWriter] = []

    async def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        writer.write(bytes.fromhex("000000 04 00 00000000"))  # an empty SETTINGS frame
        while await reader.read(65536):
            pass
        writer.close()

    async with await asyncio.start_server(welcome, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        yield f"{host}:{port}", connections
        for writer in connections:
            writer.close()


async def test_a_peer_that_stays_silent_is_asked_again_over_a_new_connection() -> None:
    async with deaf_peer() as (address, connections), GrpcWorker(address, stale_channel_s=0.2) as worker:
        call = asyncio.create_task(worker.infer(ITEMS, PATIENCE_S))
        async with asyncio.timeout(PATIENCE_S):
            while len(connections) < 2:
                with pytest.raises(AttemptFailed) as failure:
                    await worker.check(0.1)
                assert failure.value.cause is Cause.SILENT
        with pytest.raises(AttemptFailed) as failure:
            await call
        assert failure.value.cause is Cause.CUT


async def test_a_name_that_cannot_be_looked_up_is_not_sent_anything() -> None:
    async with GrpcWorker("nobody.invalid:1") as worker:
        with pytest.raises(AttemptFailed) as failure:
            await worker.infer(ITEMS, PATIENCE_S)
        assert failure.value.cause is Cause.NOT_SENT


Context = grpc.aio.ServicerContext[bytes, bytes]
Method = Callable[[bytes, Context], Awaitable[bytes]]


@asynccontextmanager
async def peer(host: str = "127.0.0.1", **methods: Method) -> AsyncIterator[GrpcWorker]:
    """A gRPC server of these methods, which take and give bytes."""
    server = grpc.aio.server()
    handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
        name: grpc.unary_unary_rpc_method_handler(method) for name, method in methods.items()
    }
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("inference.InferenceService", handlers)])
    port = server.add_insecure_port(f"{host}:0")
    await server.start()
    try:
        async with GrpcWorker(f"{host}:{port}") as worker:
            yield worker
    finally:
        await server.stop(None)


@asynccontextmanager
async def peer_that_says(host: str = "127.0.0.1", **replies: bytes) -> AsyncIterator[GrpcWorker]:
    """Answers each method with the same bytes, whatever they mean."""

    def saying(reply: bytes) -> Method:
        async def answer(_request: bytes, _context: Context) -> bytes:
            return reply

        return answer

    async with peer(host, **{method: saying(reply) for method, reply in replies.items()}) as worker:
        yield worker


GOOD: Mapping[str, Any] = {"request_ids": ["2", "1"], "output_texts": ["NEGATIVE", "POSITIVE"], "success": True}


async def test_answers_are_told_apart_by_their_ids_and_may_lack_all_later_fields() -> None:
    async with peer_that_says(Infer=InferResponse(**GOOD).SerializeToString()) as worker:
        assert await worker.infer(ITEMS, PATIENCE_S) == [Answer("POSITIVE"), Answer("NEGATIVE")]


async def test_an_item_without_an_answer_needs_neither_output_nor_score() -> None:
    answer = InferResponse(**{**GOOD, "output_texts": ["", "POSITIVE"], "scores": [0, 0.5], "errors": ["why", ""]})
    async with peer_that_says(Infer=answer.SerializeToString()) as worker:
        assert await worker.infer(ITEMS, PATIENCE_S) == [Answer("POSITIVE", 0.5), ItemRefused("why")]


async def test_of_a_long_excuse_no_more_is_kept_than_tells_it() -> None:
    answer = InferResponse(**{**GOOD, "output_texts": ["", "POSITIVE"], "errors": ["why " * 1000, ""]})
    async with peer_that_says(Infer=answer.SerializeToString()) as worker:
        assert await worker.infer(ITEMS, PATIENCE_S) == [Answer("POSITIVE"), ItemRefused("why " * 50)]


MALFORMED: Mapping[str, bytes | Mapping[str, Any]] = {
    "bytes of something else": b"\xff\xff\xff",
    "nothing": b"",
    "no success": {"success": False},
    "an item is missing": {"request_ids": ["1"], "output_texts": ["POSITIVE"]},
    "an item is there twice": {"request_ids": ["1", "2", "1"], "output_texts": ["POSITIVE"] * 3},
    "an item of another batch": {"request_ids": ["1", "3"]},
    "outputs are missing": {"output_texts": ["POSITIVE"]},
    "an empty output": {"output_texts": ["POSITIVE", ""]},
    "an output too long for a label": {"output_texts": ["POSITIVE", "x" * 201]},
    "scores are missing": {"scores": [1.0]},
    "a score that is no number": {"scores": [1.0, float("nan")]},
    "errors are missing": {"errors": ["why"]},
}


@pytest.mark.parametrize("said", MALFORMED.values(), ids=MALFORMED)
async def test_a_malformed_answer_is_refused_as_a_whole(said: bytes | Mapping[str, Any]) -> None:
    answer = said if isinstance(said, bytes) else InferResponse(**{**GOOD, **said}).SerializeToString()
    async with peer_that_says(Infer=answer) as worker:
        with pytest.raises(AttemptFailed) as failure:
            await worker.infer(ITEMS, PATIENCE_S)
        assert failure.value.cause is Cause.REFUSED


async def test_a_worker_that_is_not_serving_is_told_from_one_that_talks_nonsense() -> None:
    async with peer_that_says(HealthCheck=HealthResponse(ok=False).SerializeToString()) as worker:
        assert await cause_of(worker.check(PATIENCE_S)) is Cause.NOT_SERVING
    async with peer_that_says(HealthCheck=b"\xff\xff\xff") as worker:
        assert await cause_of(worker.check(PATIENCE_S)) is Cause.REFUSED


async def test_a_health_check_tells_which_process_answered() -> None:
    async with peer_that_says(
        HealthCheck=HealthResponse(ok=True, instance_id="this one", crash_rate=0.5).SerializeToString()
    ) as worker:
        assert await worker.check(PATIENCE_S) == Health("this one", 0.5)


@pytest.mark.parametrize("crash_rate", [math.nan, math.inf, -0.1, 1.1])
async def test_a_worker_whose_crash_rate_is_no_share_is_refused(crash_rate: float) -> None:
    async with peer_that_says(HealthCheck=HealthResponse(ok=True, crash_rate=crash_rate).SerializeToString()) as worker:
        assert await cause_of(worker.check(PATIENCE_S)) is Cause.REFUSED


async def test_an_address_may_be_one_of_ipv6() -> None:
    async with peer_that_says("[::1]", Infer=InferResponse(**GOOD).SerializeToString()) as worker:
        assert await worker.infer(ITEMS, PATIENCE_S) == [Answer("POSITIVE"), Answer("NEGATIVE")]


# ── statuses ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def cause_of(call: Awaitable[object]) -> Cause:
    with pytest.raises(AttemptFailed) as failure:
        await call
    return failure.value.cause


OTHER_STATUSES = set(grpc.StatusCode) - {
    *(grpc.StatusCode.OK, grpc.StatusCode.CANCELLED, grpc.StatusCode.DEADLINE_EXCEEDED),
    *(grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED),
}
STATUSES: list[tuple[grpc.StatusCode, tuple[tuple[str, str], ...], Cause]] = [
    (grpc.StatusCode.UNAVAILABLE, (NOT_EXECUTED,), Cause.NOT_SERVING),
    (grpc.StatusCode.RESOURCE_EXHAUSTED, (("first", "1"), NOT_EXECUTED), Cause.NOT_SERVING),
    (grpc.StatusCode.UNAVAILABLE, (), Cause.CUT),
    (grpc.StatusCode.UNAVAILABLE, ((NOT_EXECUTED[0], "yes"),), Cause.CUT),
    (grpc.StatusCode.RESOURCE_EXHAUSTED, (), Cause.REFUSED),
    (grpc.StatusCode.CANCELLED, (), Cause.CUT),
    (grpc.StatusCode.DEADLINE_EXCEEDED, (), Cause.TOO_SLOW),
    (grpc.StatusCode.DEADLINE_EXCEEDED, (NOT_EXECUTED,), Cause.TOO_SLOW),
    (grpc.StatusCode.INVALID_ARGUMENT, (NOT_EXECUTED,), Cause.REFUSED),
    *((status, (), Cause.REFUSED) for status in sorted(OTHER_STATUSES, key=str)),
]


@pytest.mark.parametrize(
    ("status", "trailer", "cause"), STATUSES, ids=[f"{status.name}{dict(trailer)}" for status, trailer, _ in STATUSES]
)
async def test_each_status_says_whether_the_batch_may_have_been_executed(
    status: grpc.StatusCode, trailer: tuple[tuple[str, str], ...], cause: Cause
) -> None:
    async def refuse(_request: bytes, context: Context) -> bytes:
        await context.abort(status, "as scripted", trailer)
        raise AssertionError  # abort raises

    async with peer(Infer=refuse) as worker:
        assert await cause_of(worker.infer(ITEMS, PATIENCE_S)) is cause


# ── what it sends ────────────────────────────────────────────────────────────────────────────────────────────────────


async def sent_for(items: list[Item]) -> InferRequest:
    requests: list[bytes] = []

    async def note(request: bytes, _context: Context) -> bytes:
        requests.append(request)
        return InferResponse(**GOOD).SerializeToString()

    async with peer(Infer=note) as worker:
        await worker.infer(items, PATIENCE_S)
    (request,) = requests
    return InferRequest.FromString(request)


async def test_items_without_a_bound_or_a_trace_are_sent_in_the_first_fields_alone() -> None:
    assert await sent_for(ITEMS) == InferRequest(
        request_ids=["1", "2"], input_texts=["a wonderful film", "a dreadful film"]
    )


async def test_what_one_item_has_is_said_of_all() -> None:
    request = await sent_for([Item("1", "a", timeout_s=1.5), Item("2", "b", traceparent="00-aa-bb-01")])
    assert list(request.time_remaining_s) == [1.5, math.inf]
    assert list(request.traceparents) == ["", "00-aa-bb-01"]


async def test_a_worker_stops_computing_what_is_given_up() -> None:
    async with (
        serving(MAX_DELAY=300, SEED=1, LOG_LEVEL="debug") as (process, _),
        GrpcWorker(await process.address()) as worker,
    ):
        call = asyncio.create_task(worker.infer(ITEMS, PATIENCE_S))
        await process.line("admitted")
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert (await process.line("batch abandoned"))["request_ids"] == ["1", "2"]


async def test_what_waits_behind_another_batch_when_its_worker_dies_had_not_begun() -> None:
    async with (
        serving(MAX_DELAY=600, SEED=1, LOG_LEVEL="debug", CRASH_ON="nobody sends this") as (process, _),
        GrpcWorker(await process.address()) as worker,
    ):
        # An empty batch waits for nothing, and lets the worker be known as one that says when it begins.
        assert await worker.infer([], PATIENCE_S) == []
        first = asyncio.create_task(worker.infer([Item("first", "a wonderful film")], PATIENCE_S))
        await process.line("admitted", lambda line: line["request_ids"] == ["first"])
        second = asyncio.create_task(worker.infer([Item("second", "a dreadful film")], PATIENCE_S))
        await process.line("admitted", lambda line: line["request_ids"] == ["second"])
        process.process.kill()
        failures = await asyncio.gather(first, second, return_exceptions=True)
    assert [(each.cause, each.begun) for each in failures if isinstance(each, AttemptFailed)] == [
        (Cause.CUT, True),
        (Cause.CUT, False),
    ]


# ── a worker of before ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_worker_that_knows_the_first_four_fields_only_interoperates() -> None:
    messages = first_contract.messages()

    async def infer(request: bytes, _context: Context) -> bytes:
        asked = messages["InferRequest"].FromString(request)
        outputs = [text.upper() for text in asked.input_texts]
        reply = messages["InferResponse"](request_ids=asked.request_ids, output_texts=outputs, success=True)
        return bytes(reply.SerializeToString())

    async def health(request: bytes, _context: Context) -> bytes:
        messages["HealthRequest"].FromString(request)
        return bytes(messages["HealthResponse"](ok=True, worker_id="old").SerializeToString())

    async with peer(Infer=infer, HealthCheck=health) as worker:
        assert await worker.check(PATIENCE_S) == Health()
        items = [Item("1", "a", timeout_s=9.0, traceparent="00-aa-bb-01"), Item("2", "b")]
        assert await worker.infer(items, PATIENCE_S) == [Answer("A"), Answer("B")]
