"""Where log lines go, and what becomes of those that cannot be written."""

from __future__ import annotations

import os


class LogStream:
    """A file descriptor that takes whole lines and never fails whoever logs: a full disk or a reader that has gone
    costs lines, not answers. `lost` counts the lines since the last one that was written.

    Both structlog's logger and the stream of a handler of the standard library. Unbuffered, for a buffer that cannot be
    emptied keeps failing after the disk has room again, and once more when the process ends.
    """

    def __init__(self, descriptor: int) -> None:
        self.lost = 0
        self._descriptor = descriptor
        self._torn = False

    def msg(self, line: bytes) -> None:
        self._put(line + b"\n")

    debug = info = warning = error = critical = exception = log = msg

    def write(self, line: str) -> None:
        self._put(line.encode())

    def _put(self, line: bytes) -> None:
        left = b"\n" + line if self._torn else line  # half a line spoils itself only
        try:
            while left:
                left = left[os.write(self._descriptor, left) :]
                self._torn = bool(left)
        except OSError:
            self.lost += 1
        else:
            self.lost = 0
