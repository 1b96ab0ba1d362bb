"""A system that has nothing to do with ours, out of the standard library: `python relay_service.py PORT [BACKEND...]`.

Without backends it answers every GET with its path in capitals. With backends it passes each GET on to the next of
them, and answers 502 when that one does not answer properly within a second.
"""

import asyncio
import itertools
import sys


async def ask(address: str, path: str) -> str:
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n".encode())
        head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
    finally:
        writer.close()
    if " 200 " not in head:
        raise ConnectionError(f"{address} answered {head!r}")
    return body


async def serve(port: int, backends: list[str]) -> None:
    turns = itertools.cycle(backends)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = (await reader.readuntil(b"\r\n\r\n")).decode()
            path = request.split()[1]
            status, body = "200 OK", path.upper()
            if backends and path != "/ready":
                async with asyncio.timeout(1):
                    body = await ask(next(turns), path)
        except asyncio.IncompleteReadError:
            writer.close()
            return
        except OSError as problem:  # TimeoutError is one
            status, body = "502 Bad Gateway", f"{type(problem).__name__}: {problem}"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode())
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


asyncio.run(serve(int(sys.argv[1]), sys.argv[2:]))
