import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import grpc.aio
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from chaos.probes import GrpcHealthProbe, HttpProbe, Probe, ProbeOutcome, TcpProbe, attempt
from chaos.processes.ports import PortReservation

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

PATIENT_S = 10.0
IMPATIENT_S = 0.1
PROBES: tuple[Probe, ...] = (TcpProbe(b"PING\r\n", b"PONG"), HttpProbe("/ready"), GrpcHealthProbe())
each_probe = pytest.mark.parametrize("probe", PROBES, ids=lambda probe: type(probe).__name__)


@asynccontextmanager
async def serving(serve: Serve) -> AsyncIterator[str]:
    """The address of a server that does this with every connection."""

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(once, "127.0.0.1", 0)
    try:
        host, port = server.sockets[0].getsockname()
        yield f"{host}:{port}"
    finally:
        server.close()


def saying(words: bytes) -> Serve:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(words)

    return say


@asynccontextmanager
async def grpc_health(
    status: health_pb2.HealthCheckResponse.ServingStatus.ValueType, **options: int
) -> AsyncIterator[str]:
    server = grpc.aio.server(options=[(f"grpc.{name}", value) for name, value in options.items()])
    servicer = health.aio.HealthServicer()
    await servicer.set("", status)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


@each_probe
async def test_a_port_where_nobody_listens_refuses(probe: Probe) -> None:
    with PortReservation() as nobody:
        assert (await attempt(probe, nobody.address, timeout_s=PATIENT_S)).outcome is ProbeOutcome.REFUSED


@each_probe
async def test_a_node_that_accepts_and_says_nothing_is_silent(probe: Probe) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:  # the kernel accepts, as it does for a paused process
        host, port = mute.getsockname()
        result = await attempt(probe, f"{host}:{port}", timeout_s=IMPATIENT_S)
    assert result.outcome is ProbeOutcome.SILENT
    assert result.seconds >= IMPATIENT_S
    assert not result.answered


@each_probe
async def test_a_connection_that_ends_before_an_answer_is_cut(probe: Probe) -> None:
    async with serving(saying(b"")) as address:
        assert (await attempt(probe, address, timeout_s=PATIENT_S)).outcome is ProbeOutcome.CUT


async def test_the_right_bytes_are_an_answer() -> None:
    async with serving(saying(b"+PONG\r\n")) as address:
        assert (await attempt(TcpProbe(b"PING\r\n", b"PONG"), address, timeout_s=PATIENT_S)).ready
        wrong = await attempt(TcpProbe(b"PING\r\n", b"PING"), address, timeout_s=PATIENT_S)
        assert str(wrong).startswith("cut after ")
        assert "closed after 7 bytes" in wrong.detail
    with socket.create_server(("127.0.0.1", 0)) as mute:
        host, port = mute.getsockname()
        assert (await attempt(TcpProbe(), f"{host}:{port}", timeout_s=PATIENT_S)).ready


async def test_an_http_status_is_an_answer_ready_or_not() -> None:
    async with serving(saying(b"HTTP/1.1 503 Busy\r\nContent-Length: 5\r\n\r\nlater")) as address:
        result = await attempt(HttpProbe("/ready"), address, timeout_s=PATIENT_S)
        assert result.outcome is ProbeOutcome.UNREADY
        assert result.answered
        assert result.detail == "/ready answered 503 later"
        assert (await attempt(HttpProbe("/ready", status=503), address, timeout_s=PATIENT_S)).ready


async def test_words_that_are_not_http_are_no_answer() -> None:
    async with serving(saying(b"220 mail.example ESMTP\r\n")) as address:
        assert (await attempt(HttpProbe(), address, timeout_s=PATIENT_S)).outcome is ProbeOutcome.CUT


async def test_a_health_service_answers_for_what_it_knows() -> None:
    async with grpc_health(health_pb2.HealthCheckResponse.SERVING) as address:
        assert (await attempt(GrpcHealthProbe(), address, timeout_s=PATIENT_S)).ready
        unknown = await attempt(GrpcHealthProbe("nobody"), address, timeout_s=PATIENT_S)
    assert unknown.outcome is ProbeOutcome.UNREADY
    assert "NOT_FOUND" in unknown.detail
    async with grpc_health(health_pb2.HealthCheckResponse.NOT_SERVING) as address:
        result = await attempt(GrpcHealthProbe(), address, timeout_s=PATIENT_S)
    assert str(result.detail) == "health check: NOT_SERVING"
    assert result.outcome is ProbeOutcome.UNREADY


async def test_a_conversation_notices_a_connection_that_ends_between_two_answers() -> None:
    """Which costs no call: the channel makes another."""
    serving = health_pb2.HealthCheckResponse.SERVING

    async def talk(address: str) -> None:
        await GrpcHealthProbe().converse(address, 2000)

    async with grpc_health(serving) as address:
        assert (await attempt(talk, address, timeout_s=6 * PATIENT_S)).outcome is ProbeOutcome.READY
    async with grpc_health(serving, max_connection_age_ms=100) as address:
        assert (await attempt(talk, address, timeout_s=6 * PATIENT_S)).outcome is ProbeOutcome.CUT


async def test_a_server_without_a_health_service_is_not_ready() -> None:
    server = grpc.aio.server()
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    result = await attempt(GrpcHealthProbe(), f"127.0.0.1:{port}", timeout_s=PATIENT_S)
    await server.stop(None)
    assert result.outcome is ProbeOutcome.UNREADY
    assert "UNIMPLEMENTED" in result.detail
