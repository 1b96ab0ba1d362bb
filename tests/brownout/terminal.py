"""A command at a terminal: what it draws there, as the bytes a terminal would get."""

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


class AtTerminal:
    def __init__(self, process: subprocess.Popen[bytes], controller: int) -> None:
        self.process = process
        self._controller = controller
        self._drawn = bytearray()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def drawn(self) -> str:
        return self._drawn.decode(errors="replace")

    def wait(self, timeout_s: float) -> int:
        """The exit code, once everything drawn has been read too."""
        code = self.process.wait(timeout_s)
        self._reader.join(timeout_s)
        return code

    def _read(self) -> None:
        while True:
            try:
                chunk = os.read(self._controller, 65536)
            except OSError:  # how Linux says that nobody has the terminal open any more
                return
            if not chunk:
                return
            self._drawn += chunk


@contextmanager
def at_terminal(*command: str) -> Iterator[AtTerminal]:
    pty = pytest.importorskip("pty", reason="needs a POSIX terminal")
    controller, terminal = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "140", "LINES": "40"}
    process = subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment)
    os.close(terminal)
    try:
        yield AtTerminal(process, controller)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        os.close(controller)
