"""Writes the history of a run while it happens.

One recorder per run, owned by one event loop: clients, nemesis and observer all write through it, so that the order of
the ops is the order of events. Every op is in the hands of the operating system a few milliseconds after `record`
returns, and not before: who measures must not wait for a disk. (Power failures are not guarded against.)
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from chaos.history_file import HistoryFile
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
        self._file: HistoryFile | None = None
        if path is None:
            return
        try:
            self._file = HistoryFile(path)
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
        """Append one op. ValueError when a client breaks the rules of a history, which are in `reports.history`.

        Raises RecorderProblem when an op before this one could not be written.
        """
        self._insist()
        if isinstance(process, int):
            self._hold_discipline(process, type)
        op = Op(len(self._ops), self._clock() - self._zero, process, type, f, value, error)
        if self._file is not None:
            self._file.add(op.to_json())
        self._ops.append(op)
        return op

    def flush(self) -> None:
        """Wait until everything so far can be read. Raises RecorderProblem when it cannot be written."""
        if self._file is not None:
            self._file.flush()
        self._insist()

    def close(self) -> None:
        """Closing twice is fine. Raises RecorderProblem when not everything could be written."""
        if self._file is not None:
            self._file.close()
        self._insist()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.record(RECORDER, OpType.INFO, END)
        finally:
            if self._file is not None:
                self._file.close()
        if problem is None:  # else what is already on its way goes first
            self._insist()

    def _insist(self) -> None:
        if self._file is not None and self._file.problem is not None:
            raise RecorderProblem(f"cannot write the history {self.path}: {self._file.problem}")

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
