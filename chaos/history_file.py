"""A file that takes lines at once and writes them by itself, so that no disk ever holds up whoever measures.

    record ──► lines in memory ──thread, every few milliseconds──► operating system

A harness that is killed outright loses what it recorded in those last milliseconds, and at most half a line of it is in
the file. What a full disk took only in part is cut back to its last whole line, and nothing is written after it: a gap
would make evidence point at the wrong ops.
"""

import threading
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Final

EVERY_S: Final = 0.005
CLOSE_S: Final = 30.0  # for a disk that is slow; one that takes longer is not written to in this life


class HistoryFile:
    """A new file. Raises OSError when there can be none; whatever happens later is `problem`."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb", buffering=0)
        self._lines: deque[bytes] = deque()
        self._size = 0  # of what is surely written
        self._problem: str | None = None
        self._writing = threading.Lock()
        self._ending = threading.Event()
        # A daemon: a disk that hangs must not keep the interpreter from ending.
        self._thread = threading.Thread(target=self._keep_writing, name=f"write {path.name}", daemon=True)
        self._thread.start()

    @property
    def problem(self) -> str | None:
        """Why lines given from now on are not written."""
        return self._problem

    def add(self, line: bytes) -> None:
        """Never waits, and never fails."""
        self._lines.append(line)

    def flush(self) -> None:
        """Wait until the operating system has what was given so far, or there is a problem."""
        with self._writing:
            self._write_all()

    def close(self) -> None:
        """Write the rest. Closing twice is fine."""
        self._ending.set()
        self._thread.join(CLOSE_S)
        if self._thread.is_alive():
            self._problem = f"the disk took nothing for {CLOSE_S:g} s"
        else:
            self._file.close()

    def _keep_writing(self) -> None:
        over = False
        while not over:
            over = self._ending.wait(EVERY_S)
            self.flush()

    def _write_all(self) -> None:
        given = b"".join(self._lines.popleft() for _ in range(len(self._lines)))
        if not given or self._problem is not None:
            return
        written = 0
        try:
            while written < len(given):  # a nearly full disk takes a part; the next call says what is wrong
                written += self._file.write(given[written:])
        except OSError as problem:
            self._problem = problem.strerror
            written = given.rfind(b"\n", 0, written) + 1
            with suppress(OSError):  # a disk that is broken altogether; readers leave out half a line at the end
                self._file.truncate(self._size + written)
        self._size += written
