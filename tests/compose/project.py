"""A Compose project of a test's own, out of the file that users start, and what is asked of it."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.request import Request, urlopen

ROOT: Final = Path(__file__).parent.parent.parent
ANSWER_S: Final = 20.0
COMMAND_S: Final = 60.0
UP_S: Final = 600.0  # the first time, images are built

# Kills the worker that runs in the container. A signal from outside Docker would take for meant, and restart nothing.
KILL_FROM_INSIDE: Final = """
import os, pathlib, signal
for process in pathlib.Path("/proc").iterdir():
    if process.name.isdigit() and int(process.name) not in (1, os.getpid()):
        if b"system.worker" in (process / "cmdline").read_bytes():
            os.kill(int(process.name), signal.SIGKILL)
"""


@dataclass(frozen=True, slots=True)
class Project:
    name: str
    port: int
    dashboard_port: int
    profile: str
    environment: dict[str, str] = field(default_factory=dict)

    def compose(self, *arguments: str, timeout_s: float = COMMAND_S) -> str:
        """What it prints; raises with what it complains of."""
        profile = ("--profile", self.profile) if self.profile else ()
        done = subprocess.run(
            ["docker", "compose", "--project-name", self.name, *profile, *arguments],
            cwd=ROOT,
            env={**os.environ, "PORT": str(self.port), "DASHBOARD_PORT": str(self.dashboard_port), **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(arguments)}: {done.stderr[-3000:]}"
        return done.stdout

    def up(self, *services: str, wait: bool = True) -> None:
        """Of all that the profile starts, or only these. A container that ends while it is waited for makes it fail."""
        ready = ("--wait",) if wait else ()
        self.compose("up", "--build", "--detach", *ready, "--quiet-pull", *services, timeout_s=UP_S)

    def down(self) -> None:
        self.compose("down", "--volumes", "--timeout", "3")

    def containers(self) -> dict[str, Any]:
        """What the engine says of each, by service."""
        ids = self.compose("ps", "--all", "--quiet").split()
        inspected = subprocess.run(["docker", "inspect", *ids], capture_output=True, check=True, timeout=COMMAND_S)
        return {each["Config"]["Labels"]["com.docker.compose.service"]: each for each in json.loads(inspected.stdout)}

    def get(self, path: str) -> Any:
        with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=ANSWER_S) as answer:
            return json.load(answer)

    def serves(self) -> bool:
        try:
            self.get("/readyz")
        except OSError:  # of every kind: refused, cut, or an answer that says no
            return False
        return True

    def infer(self, text: str) -> Any:
        asked = Request(
            f"http://127.0.0.1:{self.port}/infer",
            data=json.dumps({"input": text}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urlopen(asked, timeout=ANSWER_S) as answer:  # noqa: S310 - as above
            return json.load(answer)

    def kill_a_worker(self, service: str) -> None:
        self.compose("exec", "-T", service, "python", "-c", KILL_FROM_INSIDE)


def until(condition: Callable[[], bool], *, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.2)
