"""Ways to ask a node whether it serves, each over a connection of its own.

A `Probe` is one call that returns when the node at an address is ready and raises when it is not:

    NotReady       it answered, and said no
    OSError        nobody listens (ECONNREFUSED), or the connection was cut before an answer (any other)

and that says nothing at all while the node is silent. `attempt` bounds the waiting and turns all of this into a value,
which is what readiness, evidence of faults and error messages are made from.

The protocols' libraries are imported where they are used: whoever only names a probe, as every collected scenario does,
should not wait half a second for them.
"""

import asyncio
import errno
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol, runtime_checkable

NEW_CONNECTION: Final = (  # channels to one address share a connection unless told otherwise
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_http_proxy", 0),
)


class NotReady(Exception):
    """The node answered that it does not serve; the message is its reason."""


class Probe(Protocol):
    async def __call__(self, address: str) -> None:
        """Return once the node at `host:port` says that it serves. Raises NotReady or OSError."""


@runtime_checkable
class Conversation(Protocol):
    """A probe that can ask more than once over one connection, if the node keeps it open."""

    async def converse(self, address: str, times: int) -> None:
        """Ask so many times, one after the other. Raises like a `Probe`, as soon as one of them would."""


class ProbeOutcome(StrEnum):
    READY = "ready"
    UNREADY = "unready"
    REFUSED = "refused"
    CUT = "cut"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What one probe met, and how long it took to meet it."""

    outcome: ProbeOutcome
    seconds: float
    detail: str = ""

    @property
    def answered(self) -> bool:
        """Bytes went there and came back, whatever they said."""
        return self.outcome in (ProbeOutcome.READY, ProbeOutcome.UNREADY)

    @property
    def ready(self) -> bool:
        return self.outcome is ProbeOutcome.READY

    def __str__(self) -> str:
        said = f" ({self.detail})" if self.detail else ""
        return f"{self.outcome.value} after {self.seconds * 1000:.0f} ms{said}"


async def attempt(probe: Probe, address: str, *, timeout_s: float) -> ProbeResult:
    """Probe once; silence for `timeout_s` is an outcome like the others. Never raises because of the node."""
    clock: Callable[[], float] = asyncio.get_running_loop().time
    began = clock()
    outcome, detail = ProbeOutcome.READY, ""
    try:
        async with asyncio.timeout(timeout_s):
            await probe(address)
    except NotReady as answer:
        outcome, detail = ProbeOutcome.UNREADY, str(answer)
    except TimeoutError:  # an OSError too, so it has to come first
        outcome = ProbeOutcome.SILENT
    except OSError as problem:
        refused = problem.errno == errno.ECONNREFUSED
        outcome, detail = ProbeOutcome.REFUSED if refused else ProbeOutcome.CUT, "" if refused else str(problem)
    return ProbeResult(outcome, clock() - began, detail)


@dataclass(frozen=True, slots=True)
class TcpProbe:
    """Somebody listens and, where `send` or `expect` are given, replies with bytes that contain `expect`.

    Without an exchange of bytes it cannot see through a proxy, which accepts connections on its own account: faults on
    the edges of such a node will show no evidence.
    """

    send: bytes = b""
    expect: bytes = b""

    async def __call__(self, address: str) -> None:
        await self.converse(address, 1)

    async def converse(self, address: str, times: int) -> None:
        host, _, port = address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            for _ in range(times):
                await self._exchange(reader, writer)
        finally:
            writer.transport.abort()  # a polite close would wait for a peer that may be paused

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.send:
            writer.write(self.send)
            await writer.drain()
        received = b""
        while self.expect not in received:
            chunk = await reader.read(4096)
            if not chunk:
                raise ConnectionResetError(f"closed after {len(received)} bytes")
            received += chunk


@dataclass(frozen=True, slots=True)
class HttpProbe:
    """`GET path` answers with `status`."""

    path: str = "/"
    status: int = 200

    async def __call__(self, address: str) -> None:
        await self.converse(address, 1)

    async def converse(self, address: str, times: int) -> None:
        import aiohttp  # noqa: PLC0415 - see above

        try:
            async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=times == 1)) as session:
                for _ in range(times):
                    async with session.get(f"http://{address}{self.path}") as response:
                        body = await response.text(errors="replace")
                    if response.status != self.status:
                        raise NotReady(f"{self.path} answered {response.status} {body[:200]}".rstrip())
        except aiohttp.ClientOSError:
            raise  # an OSError already, errno included
        except aiohttp.ClientError as problem:
            raise ConnectionResetError(f"{type(problem).__name__}: {problem}") from problem


@dataclass(frozen=True, slots=True)
class GrpcHealthProbe:
    """`grpc.health.v1` says SERVING for `service`; the empty name means the server as a whole."""

    service: str = ""

    async def __call__(self, address: str) -> None:
        await self.converse(address, 1)

    async def converse(self, address: str, times: int) -> None:
        import grpc.aio  # noqa: PLC0415 - see above
        from grpc_health.v1 import health_pb2, health_pb2_grpc  # noqa: PLC0415 - see above

        # gRPC says UNAVAILABLE whether nobody listens or the connection is cut; a bare connection tells the two apart.
        await TcpProbe()(address)
        async with grpc.aio.insecure_channel(address, options=NEW_CONNECTION) as channel:
            check = health_pb2_grpc.HealthStub(channel).Check

            async def ask() -> None:
                try:
                    answer = await check(health_pb2.HealthCheckRequest(service=self.service))
                except grpc.aio.AioRpcError as problem:
                    if problem.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
                        raise ConnectionResetError(problem.details()) from problem
                    raise NotReady(f"health check: {problem.code().name} {problem.details()}") from problem
                if answer.status != health_pb2.HealthCheckResponse.SERVING:
                    raise NotReady(f"health check: {health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)}")

            await ask()
            # A channel whose connection ends between two calls makes another, and no call tells of it.
            ended = asyncio.ensure_future(channel.wait_for_state_change(grpc.ChannelConnectivity.READY))
            try:
                for _ in range(times - 1):
                    await ask()
                    if ended.done():
                        raise ConnectionResetError("the connection ended between two answers")
            finally:
                ended.cancel()


@dataclass(frozen=True, slots=True)
class GrpcEmptyCallProbe:
    """`method` answers a message of no bytes, which to every protobuf request means one with no field set."""

    method: str

    async def __call__(self, address: str) -> None:
        import grpc.aio  # noqa: PLC0415 - see above

        await TcpProbe()(address)
        async with grpc.aio.insecure_channel(address, options=NEW_CONNECTION) as channel:
            call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(self.method)
            try:
                await call(b"")
            except grpc.aio.AioRpcError as problem:
                if problem.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
                    raise ConnectionResetError(problem.details()) from problem
                raise NotReady(f"{self.method}: {problem.code().name} {problem.details()}") from problem


@dataclass(frozen=True, slots=True)
class FarewellProbe:
    """A connection whose near side is ended at once ends on the far side too."""

    async def __call__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            writer.write_eof()
            while await reader.read(4096):
                pass  # what a server says first, unasked
        finally:
            writer.transport.abort()
