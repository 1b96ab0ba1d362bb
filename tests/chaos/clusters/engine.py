"""A Docker engine of a test's own, which it may stop and start: in a folder, and in a network, that are nobody else's.

Two engines in one network would take each other's rules for packets away. What is to reach the containers of this one
is therefore run `inside` its network.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest
from docker import DockerClient

from chaos.clusters.docker.engine import DEFAULT_HOST
from tests.docker_engine import docker_is_missing

START_S: Final = 30.0
STOP_S: Final = 60.0
TOOLS: Final = ("dockerd", "setpriv", "unshare", "nsenter", "ip")


@dataclass(slots=True)
class Engine:
    folder: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def host(self) -> str:
        return f"unix://{self.folder / 'socket'}"

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "DOCKER_HOST": self.host}

    def start(self) -> None:
        places = " ".join(f"--{name} {self.folder / name}" for name in ("data-root", "exec-root", "pidfile"))
        dockerd = f"dockerd {places} --host {self.host} --log-level error"
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                # Ends with who started it.
                [
                    *shlex.split("setpriv --pdeathsig TERM unshare --net --mount sh -c"),
                    f"ip link set lo up && exec {dockerd}",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_S
        while not self.answers():
            assert self._process.poll() is None, (self.folder / "log").read_text()[-2000:]
            assert time.monotonic() < deadline, "no answer from the engine"
            time.sleep(0.1)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(STOP_S)
            self._process = None

    def inside(self, *command: str) -> list[str]:
        """The command that runs this one in the engine's network."""
        assert self._process is not None
        return ["nsenter", f"--net=/proc/{self._process.pid}/ns/net", *command]

    def client(self) -> DockerClient:
        return DockerClient(self.host, version="auto")

    def answers(self) -> bool:
        asked = ["docker", "info"]
        try:
            return not subprocess.run(
                asked, env=self.environment, capture_output=True, timeout=START_S, check=False
            ).returncode
        except subprocess.TimeoutExpired:
            return False

    def load(self, image: str) -> None:
        """From the engine of this machine."""
        copying = f"docker --host {os.environ.get('DOCKER_HOST') or DEFAULT_HOST} save {image} | docker load --quiet"
        subprocess.run(["sh", "-c", copying], env=self.environment, check=True, capture_output=True)


@contextmanager
def engine_of_ones_own() -> Iterator[Engine]:
    """Skips where nobody may start one: a requirement of Docker is none of root. Its tools, though, are Docker's."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("an engine of a test's own takes root on Linux")
    if lacking := [tool for tool in TOOLS if shutil.which(tool) is None]:
        docker_is_missing(f"an engine of a test's own takes {', '.join(lacking)}")
    # Not in pytest's folder: the name of a socket has to be short.
    with TemporaryDirectory(prefix="brownout-engine-") as folder:
        engine = Engine(Path(folder))
        try:
            engine.start()
            yield engine
        finally:
            engine.stop()
