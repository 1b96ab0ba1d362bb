"""A `brownout up` in a process of its own, as a person would start it, and what can be seen of it from outside."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
import psutil

COMMAND: Final = (sys.executable, "-m", "brownout.cli")
START_S: Final = 30.0
END_S: Final = 15.0


def eventually(holds: Callable[[], bool], what: str, timeout_s: float = START_S) -> None:
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, f"not within {timeout_s:g} s: {what}"
        time.sleep(0.02)


def brownout(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run to the end."""
    return subprocess.run(
        (*COMMAND, *arguments),
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "200", **environment},
        timeout=60,
        check=False,
    )


class RunningUp:
    """`said` is everything it has printed; `pids` are those it named when it was ready."""

    def __init__(self, process: subprocess.Popen[bytes], output: Path, logs: Path) -> None:
        self.process = process
        self.logs = logs
        self._output = output

    @property
    def said(self) -> str:
        return self._output.read_text(encoding="utf-8")

    @property
    def url(self) -> str:
        found = re.search(r"ready after .*?: (http://\S+)", self.said)
        assert found is not None, self.said
        return found[1]

    @property
    def pids(self) -> dict[str, int]:
        found = re.search(r"\(pids (.*)\)", self.said)
        assert found is not None, self.said
        return {name: int(pid) for name, pid in re.findall(r"(\w+) (\d+)", found[1])}

    def await_line(self, text: str, timeout_s: float = START_S) -> None:
        def said_or_ended() -> bool:
            return text in self.said or self.process.poll() is not None

        eventually(said_or_ended, f"{text!r} in\n{self.said}", timeout_s)
        assert text in self.said, self.said

    def family(self) -> list[psutil.Process]:
        """Its processes as the system knows them, by identity and not by number."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)


def gone(processes: list[psutil.Process]) -> bool:
    return not any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in processes)


def get(url: str) -> dict[str, Any]:
    return ask("GET", url)


def infer(url: str, text: str) -> dict[str, Any]:
    return ask("POST", f"{url}/infer", orjson.dumps({"input": text}))


def ask(method: str, url: str, body: bytes | None = None) -> dict[str, Any]:
    """What a 200 says."""
    parts = urlsplit(url)
    with closing(HTTPConnection(parts.netloc, timeout=20)) as connection:
        connection.request(method, parts.path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
    assert answer.status == 200, content
    said: dict[str, Any] = orjson.loads(content)
    return said


@contextmanager
def running_up(
    directory: Path, *arguments: str, ready: bool = True, environment: Mapping[str, str] | None = None
) -> Iterator[RunningUp]:
    """Ended, whatever the test did to it."""
    directory.mkdir(parents=True, exist_ok=True)
    output, logs = directory / "said.txt", directory / "logs"
    page = () if "--dashboard-port" in arguments else ("--no-dashboard",)
    with output.open("wb") as sink:
        process = subprocess.Popen(
            (*COMMAND, "up", "--port", "0", "--logs", str(logs), *page, *arguments),
            stdout=sink,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
        )
    up = RunningUp(process, output, logs)
    try:
        if ready:
            up.await_line("ready after")
        yield up
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(END_S)
            finally:
                process.kill()
                process.wait()
