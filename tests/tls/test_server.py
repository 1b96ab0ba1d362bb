"""A listener with TLS, over REST's library and over gRPC: who gets in, and what a change of the files does to whom."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import grpc
import grpc.aio
import pytest

from system.tls.server import ServerTls
from tests.tls.authority import Authority, Identity

PATIENCE_S = 30.0


class Call(Protocol):
    async def __call__(self, text: bytes) -> bytes:
        """The same text, after it was there and back. Raises ConnectionError where nobody lets us in."""


class Listener(Protocol):
    def listen(self, tls: ServerTls) -> AbstractAsyncContextManager[int]:
        """Echoes; yields its port."""

    def connect(
        self, port: int, trusted: Path | None, shown: Identity | None = None
    ) -> AbstractAsyncContextManager[Call]: ...


class Rest:
    """The context as uvicorn uses it, with another protocol on top."""

    @asynccontextmanager
    async def listen(self, tls: ServerTls) -> AsyncIterator[int]:
        async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while line := await reader.readline():
                writer.write(line)
            writer.close()

        async with await asyncio.start_server(echo, "127.0.0.1", 0, ssl=tls.context()) as server:
            yield server.sockets[0].getsockname()[1]

    @asynccontextmanager
    async def connect(self, port: int, trusted: Path | None, shown: Identity | None = None) -> AsyncIterator[Call]:
        context = None
        if trusted is not None:
            context = ssl.create_default_context(cafile=trusted)
            if shown is not None:
                context.load_cert_chain(shown.chain, shown.key)
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
        except ssl.SSLError as problem:
            raise ConnectionError(str(problem)) from problem

        async def call(text: bytes) -> bytes:
            try:
                writer.write(text + b"\n")
                answer = await reader.readline()
            except ssl.SSLError as problem:
                raise ConnectionError(str(problem)) from problem
            if not answer:
                raise ConnectionError("closed")
            return answer.removesuffix(b"\n")

        try:
            yield call
        finally:
            writer.close()


class Grpc:
    @asynccontextmanager
    async def listen(self, tls: ServerTls) -> AsyncIterator[int]:
        async def echo(request: bytes, _context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
            return request

        server = grpc.aio.server()
        method: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(echo)
        server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("test", {"Echo": method})])
        port = server.add_secure_port("127.0.0.1:0", tls.credentials())
        await server.start()
        try:
            yield port
        finally:
            await server.stop(None)

    @asynccontextmanager
    async def connect(self, port: int, trusted: Path | None, shown: Identity | None = None) -> AsyncIterator[Call]:
        own: Any = (("grpc.use_local_subchannel_pool", 1),)
        if trusted is None:
            channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=own)
        else:
            channel = grpc.aio.secure_channel(f"127.0.0.1:{port}", credentials(trusted, shown), options=own)

        async def call(text: bytes) -> bytes:
            echo: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary("/test/Echo")
            try:
                return await echo(text, timeout=PATIENCE_S)
            except grpc.aio.AioRpcError as problem:
                if problem.code() is grpc.StatusCode.UNAVAILABLE:
                    raise ConnectionError(problem.details()) from problem
                raise

        async with channel:
            yield call


def credentials(trusted: Path, shown: Identity | None) -> grpc.ChannelCredentials:
    pair = () if shown is None else (shown.key.read_bytes(), shown.chain.read_bytes())
    return grpc.ssl_channel_credentials(trusted.read_bytes(), *pair)


@pytest.fixture(params=[Rest, Grpc])
def listener(request: pytest.FixtureRequest) -> Listener:
    made: Listener = request.param()
    return made


async def passes(listener: Listener, port: int, trusted: Path | None, shown: Identity | None = None) -> bool:
    try:
        async with listener.connect(port, trusted, shown) as call:
            return await call(b"hello") == b"hello"
    except ConnectionError:
        return False


async def test_who_trusts_the_right_authority_gets_in_and_nobody_else(listener: Listener, tmp_path: Path) -> None:
    right, wrong = Authority(tmp_path, "right"), Authority(tmp_path, "wrong")
    server = right.issue("server")
    async with listener.listen(ServerTls(server.chain, server.key, None)) as port:
        assert await passes(listener, port, right.file)
        assert not await passes(listener, port, wrong.file)
        assert not await passes(listener, port, None)


async def test_who_must_show_a_certificate_gets_in_with_the_right_one_alone(listener: Listener, tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    server = ours.issue("server")
    async with listener.listen(ServerTls(server.chain, server.key, ours.file)) as port:
        assert await passes(listener, port, ours.file, ours.issue("client"))
        assert not await passes(listener, port, ours.file)
        assert not await passes(listener, port, ours.file, theirs.issue("client"))
        assert not await passes(listener, port, None)


async def test_a_change_holds_for_new_connections_and_cuts_none(listener: Listener, tmp_path: Path) -> None:
    old, new = Authority(tmp_path, "old"), Authority(tmp_path, "new")
    server, client = old.issue("server"), old.issue("client")
    authorities = tmp_path / "authorities.pem"
    put(authorities, old.file)
    tls = ServerTls(server.chain, server.key, authorities)
    async with listener.listen(tls) as port, listener.connect(port, old.file, client) as call:
        assert await call(b"before") == b"before"
        server.replace(new.issue("server"))
        put(authorities, new.file)
        assert tls.again()
        assert await passes(listener, port, new.file, new.issue("client"))
        assert not await passes(listener, port, new.file, client)
        assert not await passes(listener, port, old.file, client)
        assert await call(b"after") == b"after"


async def test_what_cannot_be_used_leaves_what_serves(listener: Listener, tmp_path: Path) -> None:
    authority = Authority(tmp_path, "ca")
    server, other = authority.issue("server"), authority.issue("other", "elsewhere")
    key = server.key.read_bytes()
    tls = ServerTls(server.chain, server.key, None)
    async with listener.listen(tls) as port:
        for content in (other.key.read_bytes(), key[: len(key) // 2], b""):
            put(server.key, content)
            with pytest.raises(ValueError, match="key"):
                tls.again()
            assert await passes(listener, port, authority.file)
        put(server.key, key)
        assert not tls.again()


def put(file: Path, content: Path | bytes) -> None:
    file.write_bytes(content if isinstance(content, bytes) else content.read_bytes())


async def test_older_protocols_and_resumed_connections_are_not_spoken(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "ca")
    server = authority.issue("server")
    async with Rest().listen(ServerTls(server.chain, server.key, None)) as port:
        context = ssl.create_default_context(cafile=authority.file)
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
        writer.write(b"hello\n")
        assert await reader.readline() == b"hello\n"
        session = writer.get_extra_info("ssl_object").session
        assert not session.has_ticket
        writer.close()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.open_connection("127.0.0.1", port, ssl=context)


def test_a_key_is_in_no_representation(tmp_path: Path) -> None:
    server = Authority(tmp_path, "ca").issue("server")
    tls = ServerTls(server.chain, server.key, None)
    assert server.key.read_text().splitlines()[1] not in repr(tls) + repr(tls.current)
    assert "chain=" in repr(tls.current)
