"""A closed-loop HTTP client that costs little beside what it measures: raw connections, prepared requests.

python -m tests.bench.closed_loop HOST PORT CONNECTIONS SECONDS     prints one JSON object
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
import sys
import time
from collections.abc import Iterator
from typing import cast

import orjson
import uvloop

from chaos.inputs import sentences

WARM_UP_S = 1.0


class Connection(asyncio.Protocol):
    """One request at a time; the next one leaves when the answer is in."""

    def __init__(self, requests: Iterator[bytes], latencies: list[tuple[float, float, bool]]) -> None:
        self._requests = requests
        self._latencies = latencies
        self._received = b""
        self.stopping = False
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own is not a subclass of it
        self._ask()

    def _ask(self) -> None:
        self._asked = time.perf_counter()
        self._transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator:
            return
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        if len(body) < length:
            return
        now = time.perf_counter()
        self._latencies.append((now, now - self._asked, head.startswith(b"HTTP/1.1 200")))
        self._received = b""
        if self.stopping:
            self._transport.close()
        else:
            self._ask()

    def connection_lost(self, _: Exception | None) -> None:
        self.closed.set_result(None)


def _prepared(host: str) -> Iterator[bytes]:
    bodies = (orjson.dumps({"input": sentence.text}) for sentence in sentences().load())
    head = f"POST /infer HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: "
    return itertools.cycle([f"{head}{len(body)}\r\n\r\n".encode() + body for body in bodies])


async def measure(host: str, port: int, connections: int, seconds: float) -> dict[str, float]:
    """Rate and latency of what was answered after the warm-up."""
    loop = asyncio.get_running_loop()
    answers: list[tuple[float, float, bool]] = []
    requests = _prepared(host)
    began = time.perf_counter()
    made = [await loop.create_connection(lambda: Connection(requests, answers), host, port) for _ in range(connections)]
    await asyncio.sleep(WARM_UP_S + seconds)
    ended = time.perf_counter()
    for _, connection in made:
        connection.stopping = True
    await asyncio.gather(*(connection.closed for _, connection in made))
    counted = [(took, ok) for at, took, ok in answers if began + WARM_UP_S <= at <= ended]
    latencies = sorted(took for took, _ in counted)
    quantiles = statistics.quantiles(latencies, n=100)
    return {
        "rps": sum(ok for _, ok in counted) / (ended - began - WARM_UP_S),
        "failed": sum(not ok for _, _, ok in answers),
        "p50_ms": quantiles[49] * 1000,
        "p99_ms": quantiles[98] * 1000,
    }


async def closed_loop_rate(host: str, port: int, connections: int, seconds: float) -> dict[str, float]:
    """`measure`, in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.closed_loop", host, str(port), str(connections), str(seconds)),
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    measured: dict[str, float] = orjson.loads(out)
    return measured


if __name__ == "__main__":
    _, host, port, connections, seconds = sys.argv
    result = uvloop.run(measure(host, int(port), int(connections), float(seconds)))
    sys.stdout.buffer.write(orjson.dumps(result))
