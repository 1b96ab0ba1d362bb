"""The gRPC edge against peers that misbehave in ways a real worker does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import grpc
import grpc.aio
import pytest

from proto import inference_pb2, inference_pb2_grpc
from system.coordinator.core.worker import AttemptFailed, Cause, Item
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
