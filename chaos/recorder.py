"""Writes the history of a run while it happens.

One recorder per run, owned by one event loop: clients, nemesis and observer all write through it, so that the order of
the ops is the order of events. Every op is in the hands of the operating system before `record` returns: a harness that
is killed outright loses at most the line it was writing. (Power failures are not guarded against: an fsync per op would
cost more than most requests do.)
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from chaos.problems import HarnessProblem
from reports.history import END, NANOSECONDS, RECORDER, History, Op, OpType


class RecorderProblem(HarnessProblem):
    """The history could not be written; what was written before is readable."""


def loop_clock() -> Callable[[], int]:
    """The running loop's clock in nanoseconds, which may be virtual."""
    now_s = asyncio.get_running_loop().time
    return lambda: round(now_s() * NANOSECONDS)


class Recorder:
    """Append-only; time zero is the moment it is made.

    A context manager that closes the file; left without an exception, it marks the history as whole before.

    `clock` gives nanoseconds; a simulated run passes its own. `path` is None where the history is not to be written.
    """

    def __init__(self, path: Path | None, *, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self.path: Final = path
        self._clock = clock
        self._zero = clock()
        self._ops: list[Op] = []
        self._asking: set[int] = set()
        self._retired: set[int] = set()
        self._failed: RecorderProblem | None = None
        self._file: FileIO | None = None
        if path is None:
            return
        try:
            # Unbuffered: each write is one system call (a few microseconds); nothing waits in here to be lost.
            self._file = path.open("xb", buffering=0)
        except OSError as problem:
            raise RecorderProblem(f"cannot write the history {path}: {problem.strerror}") from problem

    @property
    def now_s(self) -> float:
        """Seconds since the run began."""
        return (self._clock() - self._zero) / NANOSECONDS

    @property
    def history(self) -> History:
        """Everything so far."""
        return History(self._ops)

    def __len__(self) -> int:
        return len(self._ops)

    def record(
        self,
        process: int | str,
        type: OpType,  # noqa: A002 - the field's name in the history
        f: str,
        value: Mapping[str, Any] | None = None,
        error: str | None = None,
    ) -> Op:
        """Append one op. ValueError when a client breaks the rules of a history, which are in `reports.history`."""
        if self._failed is not None:
            raise self._failed  # whatever came after half a line could not be read
        if isinstance(process, int):
            self._hold_discipline(process, type)
        op = Op(len(self._ops), self._clock() - self._zero, process, type, f, value, error)
        if self._file is not None:
            self._write(self._file, op.to_json())
        self._ops.append(op)
        return op

    def close(self) -> None:
        """Closing twice is fine."""
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and self._failed is None:
                self.record(RECORDER, OpType.INFO, END)
        finally:
            self.close()

    def _hold_discipline(self, client: int, kind: OpType) -> None:
        if kind is OpType.INVOKE:
            if client in self._asking:
                raise ValueError(f"client {client} asks again before its answer came")
            if client in self._retired:
                raise ValueError(f"client {client} asks again although nobody knows what became of its last request")
            self._asking.add(client)
        elif client not in self._asking:
            raise ValueError(f"client {client} is answered without having asked")
        else:
            self._asking.remove(client)
            if kind is OpType.INFO:
                self._retired.add(client)

    def _write(self, file: FileIO, line: bytes) -> None:
        try:
            written = file.write(line)
            while written < len(line):  # a nearly full disk takes a part; the next call says what is wrong
                written += file.write(line[written:])
        except OSError as problem:
            self._failed = RecorderProblem(f"cannot write the history {self.path}: {problem.strerror}")
            raise self._failed from problem
