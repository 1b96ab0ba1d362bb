"""A coordinator's connection to a worker with TLS: whom it talks to, and how it follows a change of its files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc.aio
import pytest

from proto import inference_pb2_grpc
from proto.inference_pb2 import HealthRequest, HealthResponse, InferRequest, InferResponse
from system.coordinator.core.worker import Answer, AttemptFailed, Cause, Item
from system.coordinator.grpc_worker import GrpcWorker
from system.tls.channel import ChannelTls
from system.tls.server import ServerTls
from tests.polling import until
from tests.tls.authority import Authority

PATIENCE_S = 30.0
ITEMS = [Item("1", "a wonderful film")]


class Slow(inference_pb2_grpc.InferenceServiceServicer):
    """Answers once it may."""

    def __init__(self) -> None:
        self.asked, self.may = asyncio.Event(), asyncio.Event()

    async def Infer(self, request: InferRequest, _: object) -> InferResponse:  # noqa: N802
        self.asked.set()
        await self.may.wait()
        return InferResponse(request_ids=request.request_ids, output_texts=["POSITIVE"], success=True)

    async def HealthCheck(self, _: HealthRequest, __: object) -> HealthResponse:  # noqa: N802
        return HealthResponse(ok=True)


@asynccontextmanager
async def served(tls: ServerTls) -> AsyncIterator[tuple[str, Slow]]:
    service = Slow()
    server = grpc.aio.server()
    inference_pb2_grpc.add_InferenceServiceServicer_to_server(service, server)
    port = server.add_secure_port("127.0.0.1:0", tls.credentials())
    await server.start()
    try:
        yield f"127.0.0.1:{port}", service
    finally:
        await server.stop(None)


async def refused(worker: GrpcWorker) -> bool:
    with pytest.raises(AttemptFailed) as failure:
        await worker.check(PATIENCE_S)
    return failure.value.cause is Cause.NOT_SENT


async def test_only_a_worker_with_the_right_certificate_is_sent_anything(tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    identity = ours.issue("worker")
    async with served(ServerTls(identity.chain, identity.key, None)) as (address, _):
        async with GrpcWorker(address, ChannelTls(ours.file, None, None, None)) as worker:
            await worker.check(PATIENCE_S)
        async with GrpcWorker(address, ChannelTls(theirs.file, None, None, None)) as worker:
            assert await refused(worker)
        async with GrpcWorker(address) as worker:
            assert await refused(worker)


async def test_the_name_in_the_certificate_may_be_another_than_the_address(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "ca")
    identity = authority.issue("worker", "worker.internal")
    async with served(ServerTls(identity.chain, identity.key, None)) as (address, _):
        async with GrpcWorker(address, ChannelTls(authority.file, None, None, "worker.internal")) as worker:
            await worker.check(PATIENCE_S)
        for name in (None, "other.internal"):
            async with GrpcWorker(address, ChannelTls(authority.file, None, None, name)) as worker:
                assert await refused(worker)


async def test_a_worker_that_asks_for_a_certificate_takes_the_right_one_alone(tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    identity = ours.issue("worker")
    async with served(ServerTls(identity.chain, identity.key, ours.file)) as (address, _):
        shown = ours.issue("coordinator")
        async with GrpcWorker(address, ChannelTls(ours.file, shown.chain, shown.key, None)) as worker:
            await worker.check(PATIENCE_S)
        for chain, key in ((None, None), (theirs.issue("them").chain, theirs.issue("them").key)):
            async with GrpcWorker(address, ChannelTls(ours.file, chain, key, None)) as worker:
                with pytest.raises(AttemptFailed):
                    await worker.check(PATIENCE_S)


async def test_new_files_are_taken_over_without_a_call_being_cut(tmp_path: Path) -> None:
    old, new = Authority(tmp_path, "old"), Authority(tmp_path, "new")
    theirs, ours = old.issue("worker"), old.issue("coordinator")
    trusted = tmp_path / "trusted.pem"
    put(trusted, old.file)
    worker_tls = ServerTls(theirs.chain, theirs.key, old.file)
    tls = ChannelTls(trusted, ours.chain, ours.key, None)
    async with served(worker_tls) as (address, service), GrpcWorker(address, tls) as worker:
        call = asyncio.create_task(worker.infer(ITEMS, PATIENCE_S))
        await service.asked.wait()
        first = worker._connection._current

        put(trusted, new.file)
        theirs.replace(new.issue("worker"))
        assert tls.again()
        assert worker_tls.again()

        async def taken_over() -> bool:
            await worker.check(PATIENCE_S)
            return worker._connection._current is not first

        await until(taken_over)
        assert not call.done()
        service.may.set()
        assert await call == [Answer("POSITIVE")]

        async def closed() -> bool:
            await worker.check(PATIENCE_S)
            return not worker._connection._retired

        await until(closed)


async def test_new_files_that_the_worker_does_not_fit_leave_the_connection_that_serves(tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    identity = ours.issue("worker")
    trusted = tmp_path / "trusted.pem"
    put(trusted, ours.file)
    tls = ChannelTls(trusted, None, None, None)
    async with (
        served(ServerTls(identity.chain, identity.key, None)) as (address, service),
        GrpcWorker(address, tls) as worker,
    ):
        await worker.check(PATIENCE_S)
        first = worker._connection._current
        put(trusted, theirs.file)
        assert tls.again()
        for _ in range(20):
            await worker.check(PATIENCE_S)
            assert worker._connection._current is first
        assert worker._connection._successor is not None
        # And back again: nothing is left of it.
        put(trusted, ours.file)
        assert tls.again()

        async def settled() -> bool:
            await worker.check(PATIENCE_S)
            return worker._connection._successor is None and not worker._connection._retired

        await until(settled)
        service.may.set()
        assert await worker.infer(ITEMS, PATIENCE_S) == [Answer("POSITIVE")]


def put(file: Path, content: Path) -> None:
    file.write_bytes(content.read_bytes())
