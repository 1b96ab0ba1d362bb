"""Nothing listens beyond its own machine unless it is told to, and then it says who may use it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from chaos.processes.process import OsProcess
from system.exposure import is_loopback
from tests.tls.authority import Authority

PATIENCE_S = 30.0
WARNING = "whoever reaches this address may use it"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_these_are_reached_from_the_same_machine_alone(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "2001:db8::1", "fe80::1%eth0", "worker1", ""])  # noqa: S104 - nothing listens there
def test_these_may_be_reached_from_elsewhere(host: str) -> None:
    assert not is_loopback(host)


async def lines_of(module: str, folder: Path, **environment: str) -> list[dict[str, Any]]:
    """All that a process logs which is told to stop once it listens."""
    log = folder / "log"
    process = OsProcess(module, (sys.executable, "-m", module), log=log, environment={"PORT": "0", **environment})
    async with process:
        async with asyncio.timeout(PATIENCE_S):
            while b'"listening"' not in read(log):
                await asyncio.sleep(0.02)
        await process.stop()
    return [orjson.loads(line) for line in read(log).splitlines()]


def read(log: Path) -> bytes:
    return log.read_bytes() if log.exists() else b""


@pytest.mark.parametrize("module", ["system.coordinator", "system.worker"])
async def test_a_process_that_anybody_may_use_says_so(module: str, tmp_path: Path) -> None:
    (warning,) = [
        line
        for line in await lines_of(module, tmp_path, HOST="0.0.0.0", WORKERS="nobody=127.0.0.1:1")  # noqa: S104 - what is tested
        if line["event"] == WARNING
    ]
    assert warning["level"] == "warning"
    assert "TLS_CLIENT_CA" in warning["remedy"]


@pytest.mark.parametrize("module", ["system.coordinator", "system.worker"])
async def test_a_process_that_asks_for_certificates_says_nothing(module: str, tmp_path: Path) -> None:
    authority = Authority(tmp_path, "ca")
    own = authority.issue("own")
    files = {"TLS_CERT": str(own.chain), "TLS_KEY": str(own.key), "TLS_CLIENT_CA": str(authority.file)}
    lines = await lines_of(module, tmp_path, HOST="0.0.0.0", WORKERS="nobody=127.0.0.1:1", **files)  # noqa: S104 - what is tested
    assert not [line for line in lines if line["event"] == WARNING]
