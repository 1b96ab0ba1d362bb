"""The requests of a run as columns: a picture of a million of them looks at each, and at nothing of it but numbers.

A row for each request in the order of asking. In a file they are requests.parquet, written beside history.parquet:

    invoked_op, op   indices of the asking, and of what evidence points at (see `reports.history.Request`)
    due_s, sent_s    seconds since the run began
    completed_s      null where nothing ever came back
    outcome          ok, fail or info
    retries          as the system told, else 0
    worker           who answered; null where the system did not tell
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from reports.history import OpType, Request

OUTCOMES: Final = (OpType.OK, OpType.FAIL, OpType.INFO)  # by their number in the column
OK, FAIL, INFO = range(3)
COMPRESSION: Final = "zstd"

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True)
class RequestColumns:
    """`completed_s` is NaN where nothing came back; `worker` has places in `workers`, -1 where nobody was named."""

    invoked_op: Integers
    op: Integers
    due_s: Floats
    sent_s: Floats
    completed_s: Floats
    outcome: Integers
    retries: Integers
    worker: Integers
    workers: tuple[str, ...]

    @classmethod
    def of(cls, requests: Iterable[Request]) -> RequestColumns:
        requests = tuple(requests)
        number = {each: place for place, each in enumerate(OUTCOMES)}
        named = [each.answer.get("worker") for each in requests]
        workers = tuple(sorted({str(each) for each in named if each}))
        place = {name: at for at, name in enumerate(workers)}
        return cls(
            invoked_op=_integers([each.invoked_op for each in requests]),
            op=_integers([each.op for each in requests]),
            due_s=_floats([each.due_s for each in requests]),
            sent_s=_floats([each.invoked_s for each in requests]),
            completed_s=_floats([np.nan if each.completed_s is None else each.completed_s for each in requests]),
            outcome=_integers([number[each.outcome] for each in requests]),
            retries=_integers([each.retries for each in requests]),
            worker=_integers([place[str(each)] if each else -1 for each in named]),
            workers=workers,
        )

    def __len__(self) -> int:
        return len(self.op)

    @cached_property
    def ms(self) -> Floats:
        """From when each was due until its client heard of it; NaN where it never did."""
        milliseconds: Floats = (self.completed_s - self.due_s) * 1000
        return milliseconds

    @cached_property
    def came_back(self) -> NDArray[np.bool_]:
        back: NDArray[np.bool_] = ~np.isnan(self.completed_s)
        return back

    @cached_property
    def answered(self) -> NDArray[np.bool_]:
        """Whether each was answered ok."""
        right: NDArray[np.bool_] = (self.outcome == OK) & self.came_back
        return right

    def slowest_ms(self, of: NDArray[np.bool_]) -> float | None:
        """Of those that are picked, all of which came back; None where none is."""
        return float(np.max(self.ms[of])) if of.any() else None

    def row(self, op: int) -> int | None:
        """Of the request that an op of a client belongs to, its asking or its end; None where there is none."""
        for column, order in ((self.invoked_op, None), (self.op, self._by_op)):
            at = int(np.searchsorted(column, op, sorter=order))
            if at < len(column):
                found = at if order is None else int(order[at])
                if column[found] == op:
                    return found
        return None

    @cached_property
    def _by_op(self) -> Integers:
        return np.argsort(self.op, kind="stable")


def write_requests(requests: Sequence[Request], path: Path) -> None:
    """Raises OSError when the disk does not take it."""
    import pyarrow as pa  # noqa: PLC0415 - see reports/tables.py
    import pyarrow.parquet as pq  # noqa: PLC0415

    columns = RequestColumns.of(requests)
    names = [None if at < 0 else columns.workers[at] for at in columns.worker.tolist()]
    table = pa.table(
        {
            "invoked_op": columns.invoked_op,
            "op": columns.op,
            "due_s": columns.due_s,
            "sent_s": columns.sent_s,
            "completed_s": pa.array(columns.completed_s, from_pandas=True),
            "outcome": pa.array([OUTCOMES[at].value for at in columns.outcome.tolist()], _words(pa)),
            "retries": columns.retries,
            "worker": pa.array(names, _words(pa)),
        }
    )
    pq.write_table(table, path, compression=COMPRESSION)


def read_requests(path: Path) -> RequestColumns:
    """Raises ValueError, naming the file, when it is no such table."""
    import pyarrow as pa  # noqa: PLC0415 - see reports/tables.py
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        table = pq.ParquetFile(path, memory_map=True).read()
        outcomes, workers = (_numbered(table.column(name)) for name in ("outcome", "worker"))
        known = [OUTCOMES.index(OpType(name)) for name in outcomes[1]]
        order = sorted(range(len(workers[1])), key=workers[1].__getitem__)
        place = {old: new for new, old in enumerate(order)}
        return RequestColumns(
            invoked_op=table.column("invoked_op").to_numpy(),
            op=table.column("op").to_numpy(),
            due_s=table.column("due_s").to_numpy(),
            sent_s=table.column("sent_s").to_numpy(),
            completed_s=table.column("completed_s").to_numpy(),
            outcome=_integers([*known, 0])[outcomes[0]],
            retries=table.column("retries").to_numpy(),
            worker=_integers([*(place[at] for at in range(len(order))), -1])[workers[0]],
            workers=tuple(workers[1][at] for at in order),
        )
    except (pa.ArrowException, KeyError, ValueError) as problem:
        raise ValueError(f"{path} is not a table of requests: {problem}") from problem


def _numbered(column: Any) -> tuple[Integers, list[str]]:  # noqa: ANN401 - a column of pyarrow
    """Places in a list of words, the last place for none."""
    encoded = column.combine_chunks()
    words = encoded.dictionary.to_pylist()
    return encoded.indices.fill_null(len(words)).to_numpy().astype(np.int64), words


def _words(pa: Any) -> Any:  # noqa: ANN401 - pyarrow, and a type of it
    return pa.dictionary(pa.int32(), pa.string())


def _integers(values: Sequence[int]) -> Integers:
    return np.array(values, dtype=np.int64)


def _floats(values: Sequence[float]) -> Floats:
    return np.array(values, dtype=np.float64)
