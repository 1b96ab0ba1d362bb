"""A file server on loopback that stands in for the hub: redirects to where the bytes are, serves ranges, misbehaves on
demand."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

BYTES: Final = "/bytes"


def _open() -> threading.Event:
    gate = threading.Event()
    gate.set()
    return gate


@dataclass
class Hub:
    """What it has, how it misbehaves, and what it was asked for."""

    files: Mapping[str, bytes]
    """By path."""
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    """Path and Range of each request for bytes."""
    cuts: list[int] = field(default_factory=list)
    """Of the next answers, how many bytes come before the connection breaks."""
    statuses: list[int] = field(default_factory=list)
    """Of the next answers, instead of the file."""
    ranges: bool = True
    gate: threading.Event = field(default_factory=_open)
    """Half of each body is held back until it is set."""
    address: str = ""


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not self.path.startswith(BYTES):
                self.send_response(302)
                self.send_header("Location", BYTES + self.path)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            path = self.path.removeprefix(BYTES)
            hub.asked.append((path, self.headers["Range"]))
            if hub.statuses or path not in hub.files:
                self.send_error(hub.statuses.pop(0) if hub.statuses else 404)
                return
            self.send_file(hub.files[path])

        def send_file(self, content: bytes) -> None:
            wanted = re.fullmatch(r"bytes=(\d+)-", self.headers["Range"] or "")
            start = int(wanted[1]) if wanted and hub.ranges else 0
            if start >= len(content):
                self.send_error(416)
                return
            self.send_response(206 if wanted and hub.ranges else 200)
            self.send_header("Content-Length", str(len(content) - start))
            if wanted and hub.ranges:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.end_headers()
            body = content[start:]
            if hub.cuts:
                self.wfile.write(body[: hub.cuts.pop(0)])
                self.close_connection = True
                return
            half = len(body) // 2
            self.wfile.write(body[:half])
            self.wfile.flush()
            hub.gate.wait()
            self.wfile.write(body[half:])

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hub
    finally:
        hub.gate.set()
        server.shutdown()
        thread.join()
        server.server_close()
