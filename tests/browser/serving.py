"""A dashboard in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

from chaos.processes.ports import PortReservation
from tests.brownout.running_up import RunningUp, eventually


def page_of(up: RunningUp) -> str:
    """Where the live page is that was started with it, host and port."""
    up.await_line("live page: http://", timeout_s=90)
    return up.said.partition("live page: http://")[2].split()[0]


@contextmanager
def dashboard(log: Path, *, where: Path | None = None, **settings: str) -> Iterator[str]:
    """Its address, host and port. `where` it is started; by default here."""
    with PortReservation() as reserved, log.open("wb") as sink:
        process = subprocess.Popen(
            (sys.executable, "-m", "dashboard"),
            env={**os.environ, "PORT": str(reserved.port), **settings},
            cwd=where,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
        try:
            eventually(lambda: _serves(reserved.port, process), f"pages\n{log.read_text()}", 90)
            yield f"127.0.0.1:{reserved.port}"
        finally:
            process.kill()
            process.wait()


def _serves(port: int, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, "the dashboard ended"
    try:
        with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            connection.request("GET", "/_stcore/health")
            return connection.getresponse().status == 200
    except OSError:
        return False
