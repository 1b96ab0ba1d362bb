"""A peer that says exactly the bytes a test wants, over a real socket."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(script: Script, heads: list[str] | None = None) -> AsyncIterator[str]:
    """The base URL of a server that runs `script` once for every request it has read, on connections that stay open.

    The head of each request is added to `heads`.
    """
    read: list[str] = [] if heads is None else heads
    connections: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.add(writer)
        while await _request(reader, read) and not writer.is_closing():
            await script(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.close()
        for writer in connections:
            writer.transport.abort()


def saying(status: str, body: str, *headers: str) -> Script:
    """Answers each request with `status` ("200 OK") and `body`."""
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body.encode())}", *headers)

    async def script(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
        await writer.drain()

    return script


async def _request(reader: asyncio.StreamReader, heads: list[str]) -> bool:
    """Read one request to its end; False when the client has gone."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        await reader.readexactly(length)
        heads.append(head.decode())
    except (asyncio.IncompleteReadError, ConnectionError):
        return False
    return True
