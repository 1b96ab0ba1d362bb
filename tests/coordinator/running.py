"""A coordinator as a process of its own, with real workers behind it."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import orjson

from chaos.processes.ports import PortReservation
from chaos.processes.process import OsProcess

PATIENCE_S = 30.0


@dataclass
class RunningSystem:
    coordinator: OsProcess
    workers: list[OsProcess]
    url: str
    http: aiohttp.ClientSession

    async def status(self) -> dict[str, Any]:
        async with self.http.get("/status") as response:
            status: dict[str, Any] = await response.json()
            return status

    async def post(self, body: bytes, **options: Any) -> tuple[int, dict[str, Any]]:
        async with self.http.post("/infer", data=body, **options) as response:
            return response.status, await response.json()

    async def infer(self, text: str) -> tuple[int, dict[str, Any]]:
        return await self.post(orjson.dumps({"input": text}))

    def lines(self, event: str) -> list[dict[str, Any]]:
        logged = [orjson.loads(line) for line in self.coordinator.log.read_bytes().splitlines()]
        return [line for line in logged if line["event"] == event]


@asynccontextmanager
async def running_system(
    logs: Path, workers: int = 1, worker_settings: Mapping[str, str] | None = None, **settings: str
) -> AsyncIterator[RunningSystem]:
    """Coordinator and workers on loopback, ready; `settings` is the coordinator's environment."""
    async with AsyncExitStack() as scopes:
        ports = [scopes.enter_context(PortReservation()) for _ in range(workers + 1)]
        started = []
        for number, port in enumerate(ports[1:], 1):
            process = OsProcess(
                f"worker{number}",
                (sys.executable, "-m", "system.worker"),
                log=logs / f"worker{number}.log",
                environment={"PORT": str(port.port), "WORKER_ID": f"worker{number}", **(worker_settings or {})},
            )
            started.append(await scopes.enter_async_context(process))
        members = ",".join(f"worker{number}={port.address}" for number, port in enumerate(ports[1:], 1))
        coordinator = OsProcess(
            "coordinator",
            (sys.executable, "-m", "system.coordinator"),
            log=logs / "coordinator.log",
            environment={"PORT": str(ports[0].port), "WORKERS": members or "nobody=127.0.0.1:1", **settings},
        )
        await scopes.enter_async_context(coordinator)
        http = await scopes.enter_async_context(aiohttp.ClientSession(f"http://{ports[0].address}"))
        system = RunningSystem(coordinator, started, f"http://{ports[0].address}", http)
        await coordinator.ready(lambda: _answers(http, "/readyz" if workers else "/healthz"), timeout_s=PATIENCE_S)
        yield system


async def _answers(http: aiohttp.ClientSession, path: str) -> bool:
    try:
        async with http.get(path) as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False
