"""The client and the server, and the behaviour of the real Toxiproxy that faults rely on, held against it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from chaos.problems import HarnessProblem
from chaos.processes.ports import PortReservation
from chaos.processes.process import Phase
from chaos.toxiproxy.client import ToxiproxyClient
from chaos.toxiproxy.find import find
from chaos.toxiproxy.problem import ToxiproxyProblem
from chaos.toxiproxy.proxy import Proxy
from chaos.toxiproxy.server import ToxiproxyServer
from chaos.toxiproxy.toxic import ATTRIBUTES, Direction, Toxic

SHORT_S = 0.3  # long enough for loopback, short enough to wait for nothing
ENOUGH_S = 10.0
BLACK_HOLE = {"timeout": 0}
both_directions = pytest.mark.parametrize("direction", list(Direction))


class Echo:
    """An upstream that answers every byte with itself, while its gate is open."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.serving: set[asyncio.Task[None] | None] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.serving.add(asyncio.current_task())
        try:
            await self.gate.wait()
            while received := await reader.read(65536):
                writer.write(received)
                await writer.drain()
        except OSError:
            pass  # reset, as some of these toxics do
        finally:
            writer.transport.abort()
            self.serving.discard(asyncio.current_task())

    async def finished(self) -> None:
        self.gate.set()
        async with asyncio.timeout(ENOUGH_S):
            while self.serving:
                await asyncio.sleep(0.005)


@dataclass
class Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def round_trip(self, within_s: float = ENOUGH_S) -> float:
        """Seconds for one byte there and back."""
        started = time.monotonic()
        async with asyncio.timeout(within_s):
            self.writer.write(b"x")
            assert await self.reader.readexactly(1) == b"x"
        return time.monotonic() - started

    def abort(self) -> None:
        self.writer.transport.abort()

    async def closes(self) -> type[Exception]:
        """How the connection ends when the next byte is sent into it."""
        try:
            await self.round_trip()
        except (OSError, asyncio.IncompleteReadError) as end:
            return type(end)
        raise AssertionError("still open")


@dataclass
class Edge:
    """One proxy in front of one upstream, on a server of its own."""

    server: ToxiproxyServer
    echo: Echo
    proxy: Proxy
    connect: Callable[[], Awaitable[Connection]]

    @property
    def client(self) -> ToxiproxyClient:
        return self.server.client


@pytest.fixture(scope="session")
def executable() -> Path:
    return find()


@pytest.fixture
async def server(executable: Path, tmp_path: Path) -> AsyncIterator[ToxiproxyServer]:
    async with ToxiproxyServer(executable, log=tmp_path / "toxiproxy.log") as server:
        yield server


@pytest.fixture
async def edge(server: ToxiproxyServer) -> AsyncIterator[Edge]:
    async with AsyncExitStack() as scope:
        echo = Echo()
        upstream = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
        scope.callback(upstream.close)
        proxy = await server.client.create(
            "edge",
            listen=scope.enter_context(PortReservation()).address,
            upstream=f"127.0.0.1:{upstream.sockets[0].getsockname()[1]}",
        )

        async def connect() -> Connection:
            host, port = proxy.listen.split(":")
            connection = Connection(*await asyncio.open_connection(host, int(port)))
            scope.callback(connection.abort)
            return connection

        yield Edge(server, echo, proxy, connect)
    await server.process.kill()  # closes what the upstream still has open, whatever the toxics would
    await echo.finished()


async def test_the_server_answers_inside_its_scope_and_is_gone_after_it(executable: Path, tmp_path: Path) -> None:
    async with ToxiproxyServer(executable, log=tmp_path / "toxiproxy.log") as server:
        assert (await server.client.version()).startswith("2.12.")
        process, address = server.process, server.client.address
        await server.check()
    assert process.state.phase is Phase.EXITED
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(*address.split(":"))


async def test_something_that_is_not_a_server_is_a_problem_with_its_last_words(tmp_path: Path) -> None:
    impostor = tmp_path / "impostor"
    impostor.write_text("#!/bin/sh\necho I am no proxy; exit 4\n")
    impostor.chmod(0o755)
    with pytest.raises(HarnessProblem, match=r"(?s)exited \(code 4\) while starting.*I am no proxy"):
        async with ToxiproxyServer(impostor, log=tmp_path / "toxiproxy.log"):
            pass


async def test_the_death_of_the_server_is_noticed_at_once_and_named(server: ToxiproxyServer) -> None:
    watch = asyncio.create_task(server.watch())
    await server.process.kill()
    with pytest.raises(ToxiproxyProblem, match=r"toxiproxy-server died: exited \(SIGKILL\)"):
        await asyncio.wait_for(watch, ENOUGH_S)
    with pytest.raises(ToxiproxyProblem, match="died"):
        await server.check()
    with pytest.raises(ToxiproxyProblem, match="toxiproxy: reset: "):
        await server.client.reset()


async def test_a_server_that_hangs_costs_a_call_its_deadline_and_no_more(server: ToxiproxyServer) -> None:
    await server.process.pause()
    async with ToxiproxyClient(server.client.address, timeout_s=SHORT_S) as client:
        with pytest.raises(ToxiproxyProblem, match=r"toxiproxy: version: no answer within 0\.3 s"):
            await client.version()
    await server.process.resume()
    assert await server.client.version()


async def test_proxies_and_toxics_come_back_as_they_were_made(edge: Edge) -> None:
    await edge.client.create("another", listen="127.0.0.1:0", upstream="127.0.0.1:1")
    toxics = [Toxic(kind, Direction.UPSTREAM, dict.fromkeys(attributes, 1)) for kind, attributes in ATTRIBUTES.items()]
    for toxic in toxics:
        await edge.client.add_toxic("edge", toxic)
    another, shown = await edge.client.proxies()
    assert another.name == "another"
    assert not another.listen.endswith(":0")
    assert set(shown.toxics) == set(toxics)
    assert await edge.client.proxy("edge") == shown
    await edge.client.delete("another")
    assert [proxy.name for proxy in await edge.client.proxies()] == ["edge"]


async def test_a_refused_call_says_what_was_asked_and_why_not(edge: Edge) -> None:
    with pytest.raises(ToxiproxyProblem, match=r"remove toxic fog from proxy edge: 404: .*toxic not found"):
        await edge.client.remove_toxic("edge", "fog")
    with pytest.raises(ToxiproxyProblem, match=r"create proxy edge: 409: .*already exists"):
        await edge.client.create("edge", listen="127.0.0.1:0", upstream="127.0.0.1:1")
    with pytest.raises(ToxiproxyProblem, match=r"disable proxy nowhere: 404: .*proxy not found"):
        await edge.client.disable("nowhere")


async def test_a_closed_client_says_so() -> None:
    with pytest.raises(ToxiproxyProblem, match="the client is not open"):
        await ToxiproxyClient("127.0.0.1:1").reset()


@both_directions
async def test_latency_reaches_an_open_connection_and_leaves_it(direction: Direction, edge: Edge) -> None:
    connection = await edge.connect()
    await connection.round_trip()
    await edge.client.add_toxic("edge", Toxic("latency", direction, {"latency": 200, "jitter": 0}))
    assert await connection.round_trip() >= 0.2
    await edge.client.remove_toxic("edge", f"latency_{direction}")
    assert min([await connection.round_trip() for _ in range(5)]) < 0.2


@both_directions
async def test_a_black_hole_swallows_an_open_connection_and_its_removal_closes_it(
    direction: Direction, edge: Edge
) -> None:
    connection = await edge.connect()
    await connection.round_trip()
    await edge.client.add_toxic("edge", Toxic("timeout", direction, BLACK_HOLE))
    with pytest.raises(TimeoutError):
        await connection.round_trip(SHORT_S)
    fresh = await edge.connect()
    with pytest.raises(TimeoutError):
        await fresh.round_trip(SHORT_S)
    await edge.client.remove_toxic("edge", f"timeout_{direction}")
    assert await connection.closes() in (asyncio.IncompleteReadError, ConnectionResetError)
    await (await edge.connect()).round_trip()


@both_directions
async def test_a_reset_waits_for_the_next_byte_of_an_open_connection_and_may_be_a_plain_close(
    direction: Direction, edge: Edge
) -> None:
    connection = await edge.connect()
    await connection.round_trip()
    await edge.client.add_toxic("edge", Toxic("reset_peer", direction, {"timeout": 0}))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(connection.reader.read(1), SHORT_S)
    assert await connection.closes() in (asyncio.IncompleteReadError, ConnectionResetError)
    assert await (await edge.connect()).closes() is ConnectionResetError
    await edge.client.remove_toxic("edge", f"reset_peer_{direction}")
    await (await edge.connect()).round_trip()


async def test_a_disabled_proxy_closes_and_refuses_until_it_is_enabled_on_the_same_address(edge: Edge) -> None:
    connection = await edge.connect()
    await connection.round_trip()
    assert not (await edge.client.disable("edge")).enabled
    assert await connection.closes() in (asyncio.IncompleteReadError, ConnectionResetError)
    with pytest.raises(ConnectionRefusedError):
        await edge.connect()
    assert (await edge.client.enable("edge")).listen == edge.proxy.listen
    await (await edge.connect()).round_trip()


async def test_a_reset_heals_everything_and_leaves_healthy_connections_open(edge: Edge) -> None:
    connection = await edge.connect()
    await edge.client.create("down", listen="127.0.0.1:0", upstream=edge.proxy.upstream)
    await edge.client.disable("down")
    await edge.client.add_toxic("edge", Toxic("latency", Direction.UPSTREAM, {"latency": 1, "jitter": 0}))
    await edge.client.reset()
    assert [(proxy.enabled, proxy.toxics) for proxy in await edge.client.proxies()] == [(True, ()), (True, ())]
    await connection.round_trip()


@both_directions
@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        ("latency", {"latency": 20, "jitter": 5}),
        ("bandwidth", {"rate": 100}),
        ("slicer", {"average_size": 64, "size_variation": 32, "delay": 100}),
        ("timeout", BLACK_HOLE),
    ],
)
async def test_toxics_come_and_go_under_traffic(
    kind: str, attributes: dict[str, int], direction: Direction, edge: Edge
) -> None:
    async def chatter() -> None:
        while True:
            connection = await edge.connect()
            try:
                while True:
                    await connection.round_trip()
            except (OSError, asyncio.IncompleteReadError):
                continue  # the black hole's removal closes

    async with asyncio.TaskGroup() as group:
        chatting = [group.create_task(chatter()) for _ in range(8)]
        for _ in range(10):
            await edge.client.add_toxic("edge", Toxic(kind, direction, attributes))
            await edge.client.remove_toxic("edge", f"{kind}_{direction}")
        for task in chatting:
            task.cancel()


async def stall(edge: Edge) -> Connection:
    """A connection that is full to the brim, as its receiver does not read, with a toxic in it."""
    edge.echo.gate.clear()
    await edge.client.add_toxic("edge", Toxic("latency", Direction.UPSTREAM, {"latency": 1, "jitter": 0}))
    connection = await edge.connect()
    try:
        while True:
            connection.writer.write(bytes(1 << 20))
            await asyncio.wait_for(connection.writer.drain(), SHORT_S)
    except TimeoutError:
        return connection


async def test_removing_a_toxic_from_a_stalled_connection_fails_in_time_and_replacing_mends(edge: Edge) -> None:
    await stall(edge)
    async with ToxiproxyClient(edge.client.address, timeout_s=SHORT_S) as hasty:
        with pytest.raises(ToxiproxyProblem, match="remove toxic latency_upstream from proxy edge: no answer"):
            await hasty.remove_toxic("edge", "latency_upstream")
        with pytest.raises(ToxiproxyProblem, match="reset: no answer"):
            await hasty.reset()
    replaced = await edge.client.replace("edge", listen=edge.proxy.listen, upstream=edge.proxy.upstream)
    assert replaced == edge.proxy
    edge.echo.gate.set()
    await (await edge.connect()).round_trip()


async def test_disabling_before_removing_gets_around_a_stalled_connection(edge: Edge) -> None:
    await stall(edge)
    await edge.client.disable("edge")
    await edge.client.reset()
    assert await edge.client.proxy("edge") == edge.proxy


async def test_a_paused_server_is_ended_with_its_scope(executable: Path, tmp_path: Path) -> None:
    async with ToxiproxyServer(executable, log=tmp_path / "toxiproxy.log") as server:
        await server.process.pause()
    assert server.process.state.phase is Phase.EXITED


@pytest.mark.parametrize(
    ("kind", "attributes", "flaw"),
    [
        ("fog", {}, "no toxic 'fog'"),
        ("latency", {"latency": 5}, "lacks 'jitter'"),
        ("timeout", {"timeout": 0, "delay": 1}, "does not know 'delay'"),
        ("bandwidth", {"rate": -1}, "'rate' is -1, below 0"),
        ("latency", {"latancy": 5, "jitter": 0}, "lacks 'latency'; does not know 'latancy'"),
    ],
)
def test_a_toxic_that_would_do_something_else_is_refused(kind: str, attributes: dict[str, int], flaw: str) -> None:
    with pytest.raises(ValueError, match=flaw):
        Toxic(kind, Direction.UPSTREAM, attributes)
