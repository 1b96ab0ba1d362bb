"""The gRPC edge against peers that misbehave in ways a real worker does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
import pytest

from proto.inference_pb2 import HealthResponse, InferResponse
from system.coordinator.core.worker import Answer, AttemptFailed, Cause, Item, ItemRefused
from system.coordinator.grpc_worker import GrpcWorker

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


@asynccontextmanager
async def peer_that_says(**replies: bytes) -> AsyncIterator[GrpcWorker]:
    """A gRPC server that answers each method with the same bytes, whatever they mean."""

    def reply(method: str) -> grpc.RpcMethodHandler[bytes, bytes]:
        async def answer(_request: bytes, _context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
            return replies[method]

        return grpc.unary_unary_rpc_method_handler(answer)

    server = grpc.aio.server()
    handlers = {method: reply(method) for method in replies}
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("inference.InferenceService", handlers)])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with GrpcWorker(f"127.0.0.1:{port}") as worker:
            yield worker
    finally:
        await server.stop(None)


GOOD: Mapping[str, Any] = {"request_ids": ["2", "1"], "output_texts": ["NEGATIVE", "POSITIVE"], "success": True}


async def test_answers_are_told_apart_by_their_ids_and_may_lack_all_later_fields() -> None:
    async with peer_that_says(Infer=InferResponse(**GOOD).SerializeToString()) as worker:
        assert await worker.infer(ITEMS, PATIENCE_S) == [Answer("POSITIVE"), Answer("NEGATIVE")]


async def test_an_item_without_an_answer_needs_neither_output_nor_score() -> None:
    answer = InferResponse(**{**GOOD, "output_texts": ["", "POSITIVE"], "scores": [0, 0.5], "errors": ["why", ""]})
    async with peer_that_says(Infer=answer.SerializeToString()) as worker:
        assert await worker.infer(ITEMS, PATIENCE_S) == [Answer("POSITIVE", 0.5), ItemRefused("why")]


MALFORMED: Mapping[str, bytes | Mapping[str, Any]] = {
    "bytes of something else": b"\xff\xff\xff",
    "nothing": b"",
    "no success": {"success": False},
    "an item is missing": {"request_ids": ["1"], "output_texts": ["POSITIVE"]},
    "an item is there twice": {"request_ids": ["1", "2", "1"], "output_texts": ["POSITIVE"] * 3},
    "an item of another batch": {"request_ids": ["1", "3"]},
    "outputs are missing": {"output_texts": ["POSITIVE"]},
    "an empty output": {"output_texts": ["POSITIVE", ""]},
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


@pytest.mark.parametrize("said", [b"\xff\xff\xff", HealthResponse(ok=False).SerializeToString()])
async def test_a_health_check_without_a_clear_yes_is_a_no(said: bytes) -> None:
    async with peer_that_says(HealthCheck=said) as worker:
        with pytest.raises(AttemptFailed) as failure:
            await worker.check(PATIENCE_S)
        assert failure.value.cause is Cause.REFUSED
