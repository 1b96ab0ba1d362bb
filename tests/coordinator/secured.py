"""A coordinator and a worker that speak TLS only, ask each other for certificates, and clients for a key."""

from __future__ import annotations

import ssl
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from chaos.processes.ports import PortReservation
from chaos.processes.process import OsProcess
from tests.coordinator.running import PATIENCE_S
from tests.tls.authority import Authority, Identity

KEY = "a-key-of-the-tests-1234567890"


@dataclass
class Secured:
    coordinator: OsProcess
    worker: OsProcess
    address: str
    authority: Authority
    trusted: Path
    identities: Mapping[str, Identity]

    def client(
        self, authority: Authority | None = None, *, shown: Identity | None, key: str = KEY
    ) -> aiohttp.ClientSession:
        context = ssl.create_default_context(cafile=(authority or self.authority).file)
        if shown is not None:
            context.load_cert_chain(shown.chain, shown.key)
        return aiohttp.ClientSession(
            f"https://{self.address}",
            connector=aiohttp.TCPConnector(ssl=context, force_close=True),
            headers={"Authorization": f"Bearer {key}"},
        )

    def rotate(self, authority: Authority) -> None:
        """Everything is issued by another from now on, and nothing by the first is trusted."""
        self.trusted.write_bytes(authority.file.read_bytes())
        for name, identity in self.identities.items():
            identity.replace(authority.issue(name))


@asynccontextmanager
async def secured_system(folder: Path, **worker: str) -> AsyncIterator[Secured]:
    authority = Authority(folder, "first")
    identities = {name: authority.issue(name) for name in ("coordinator", "worker")}
    trusted = folder / "trusted.pem"
    trusted.write_bytes(authority.file.read_bytes())

    def shown(name: str, prefix: str = "") -> dict[str, str]:
        identity = identities[name]
        return {f"{prefix}TLS_CERT": str(identity.chain), f"{prefix}TLS_KEY": str(identity.key)}

    async with AsyncExitStack() as scopes:
        ports = [scopes.enter_context(PortReservation()) for _ in range(2)]
        started = [
            await scopes.enter_async_context(
                OsProcess(
                    name, (sys.executable, "-m", f"system.{name}"), log=folder / f"{name}.log", environment=environment
                )
            )
            for name, environment in (
                (
                    "worker",
                    {"PORT": str(ports[0].port), "WORKER_ID": "worker1", "TLS_CLIENT_CA": str(trusted)}
                    | shown("worker")
                    | {"LOG_LEVEL": "debug"}
                    | worker,
                ),
                (
                    "coordinator",
                    {"PORT": str(ports[1].port), "WORKERS": f"worker1={ports[0].address}", "API_KEYS": KEY}
                    | {"TLS_CLIENT_CA": str(trusted), "WORKER_TLS_CA": str(trusted), "LOG_LEVEL": "debug"}
                    | shown("coordinator")
                    | shown("coordinator", "WORKER_"),
                ),
            )
        ]
        system = Secured(started[1], started[0], ports[1].address, authority, trusted, identities)
        async with system.client(shown=authority.issue("client")) as http:
            await system.coordinator.ready(lambda: ready(http), timeout_s=PATIENCE_S)
        yield system


async def ready(http: aiohttp.ClientSession) -> bool:
    try:
        async with http.get("/readyz") as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False


async def infer(http: aiohttp.ClientSession, text: str = "a wonderful film") -> tuple[int, dict[str, Any]]:
    async with http.post("/infer", json={"input": text}) as response:
        return response.status, await response.json()
