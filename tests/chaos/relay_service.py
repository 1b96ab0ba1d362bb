"""A system that has nothing to do with ours, out of the standard library.

    python relay_service.py [HOST:]PORT [BACKEND...]

Without backends it answers every GET with its path in capitals. With backends it passes each GET on to the next of
them, and answers 502 when that one does not answer properly within a second.

With MISHAPS in its environment it reads in that file what to inflict on itself, in the notation of the harness.
"""

import asyncio
import itertools
import json
import os
import sys
from pathlib import Path
from typing import Any


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


class Mishaps:
    """What the file says, looked at twenty times a second."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self.said = ""
        self.in_force: dict[str, Any] = {}
        self.calls = 0

    async def follow(self) -> None:
        while True:
            said = self.path.read_text() if self.path.exists() else "{}"
            if said != self.said:
                self.said, self.in_force, self.calls = said, json.loads(said), 0
                self.say(event="mishaps", in_force=self.in_force)
            await asyncio.sleep(0.05)

    def say(self, **line: object) -> None:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    async def befall(self, path: str) -> bool:
        """Whether this call fails."""
        await asyncio.sleep(self.in_force.get("slow_model", {"ms": 0})["ms"] / 1000)
        if self.in_force.get("crash_on", {"text": "\n"})["text"] in path:
            self.say(event="mishap", kind="crash_on")
            os._exit(70)
        failing = self.in_force.get("fail_rpc", {"nth": 0, "times": 0})
        self.calls += 1
        if not failing["nth"] <= self.calls < failing["nth"] + failing["times"]:
            return False
        self.say(event="mishap", kind="fail_rpc")
        return True


async def serve(address: str, backends: list[str]) -> None:
    host, _, port = address.rpartition(":")
    turns = itertools.cycle(backends)
    mishaps = Mishaps(os.environ.get("MISHAPS", os.devnull))
    following = [mishaps.follow()] if "MISHAPS" in os.environ else []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = (await reader.readuntil(b"\r\n\r\n")).decode()
            path = request.split()[1]
            status, body = "200 OK", path.upper()
            if path != "/ready" and await mishaps.befall(path):
                status, body = "500 Internal Server Error", "failed on purpose"
            elif backends and path != "/ready":
                async with asyncio.timeout(1):
                    body = await ask(next(turns), path)
        except asyncio.IncompleteReadError:
            writer.close()
            return
        except OSError as problem:  # TimeoutError is one
            status, body = "502 Bad Gateway", f"{type(problem).__name__}: {problem}"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode())
        writer.close()

    server = await asyncio.start_server(handle, host or "127.0.0.1", int(port))
    async with server:
        await asyncio.gather(server.serve_forever(), *following)


asyncio.run(serve(sys.argv[1], sys.argv[2:]))
