"""A history in a file, of which nothing is read but what is looked at.

A picture of a million ops looks at the values of those that no client wrote, which have a column of their own, and of
the few requests that somebody wants to see: of these the group of rows is read that they are in. Tables of old, without
that column and in one group, are read in full by the first look at a value.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import orjson

from reports.history import Columns, OpType

if TYPE_CHECKING:
    import pyarrow.parquet as pq

SAID: Final = "said"
KEPT: Final = 4  # groups of rows that stay in memory


def columns_of(file: pq.ParquetFile) -> Columns:
    """Of a table as `reports.tables` writes it. Raises KeyError or ValueError where it is none."""
    table = file.read(columns=[name for name in file.schema_arrow.names if name != "value"])
    types = table.column("type").combine_chunks()
    known = [OpType(each) for each in types.dictionary.to_pylist()]
    processes = _processes(table)
    values = ValueColumn(file)
    return Columns(
        range(table.num_rows),
        table.column("time").to_numpy().tolist(),
        processes,
        [known[each] for each in types.indices.to_numpy().tolist()],
        WordColumn(table.column("f")),
        SaidColumn(processes, table.column(SAID), values) if SAID in table.column_names else values,
        WordColumn(table.column("error")),
    )


class WordColumn(Sequence[Any]):
    """Texts, or None, that are made when they are looked at."""

    def __init__(self, column: Any) -> None:  # noqa: ANN401 - a column of pyarrow
        self._column = column

    def __len__(self) -> int:
        return len(self._column)

    def __getitem__(self, at: Any) -> Any:  # noqa: ANN401 - a place or a slice, as of every sequence
        return WordColumn(self._column[at]) if isinstance(at, slice) else self._column[at].as_py()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._column.to_pylist())


class ValueColumn(Sequence[Any]):
    """What JSON says, or None; read from the file by groups of rows."""

    def __init__(self, file: pq.ParquetFile) -> None:
        if "value" not in file.schema_arrow.names:
            raise KeyError("value")
        self._file = file
        sizes = (int(file.metadata.row_group(each).num_rows) for each in range(file.metadata.num_row_groups))
        self._starts: list[int] = [0, *accumulate(sizes)]
        self._groups: dict[int, Any] = {}
        self._lock = Lock()  # viewers of one run share it, and a file is read by one at a time

    def __len__(self) -> int:
        return self._starts[-1]

    def __getitem__(self, at: Any) -> Any:  # noqa: ANN401 - see above
        if isinstance(at, slice):
            return [self[each] for each in range(len(self))[at]]
        place = at + len(self) if at < 0 else at
        if not 0 <= place < len(self):
            raise IndexError(at)
        group = bisect_right(self._starts, place) - 1
        return parsed(self._group(group)[place - self._starts[group]].as_py())

    def __iter__(self) -> Iterator[Any]:
        for group in range(len(self._starts) - 1):
            yield from map(parsed, self._group(group).to_pylist())

    def _group(self, number: int) -> Any:  # noqa: ANN401 - a column of pyarrow
        with self._lock:
            if number not in self._groups:
                if len(self._groups) == KEPT:
                    self._groups.pop(next(iter(self._groups)))
                self._groups[number] = self._file.read_row_group(number, columns=["value"]).column("value")
            return self._groups[number]


class SaidColumn(Sequence[Any]):
    """The same, of which what no client said is at hand."""

    def __init__(self, processes: Sequence[int | str], said: Any, values: ValueColumn) -> None:  # noqa: ANN401
        self._processes, self._said, self._values = processes, said, values

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, at: Any) -> Any:  # noqa: ANN401 - see above
        if isinstance(at, slice) or isinstance(self._processes[at], int):
            return self._values[at]
        return parsed(self._said[at].as_py())

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)


def parsed(text: str | None) -> Any:  # noqa: ANN401 - whatever the JSON says
    return None if text is None else orjson.loads(text)


def _processes(table: Any) -> list[int | str]:  # noqa: ANN401 - a table of pyarrow
    import numpy as np  # noqa: PLC0415 - as pyarrow

    clients, others = table.column("client"), table.column("process")
    processes: list[int | str] = clients.fill_null(-1).to_numpy().tolist()
    for at in np.flatnonzero(clients.is_null().to_numpy()).tolist():
        processes[at] = others[at].as_py()
    return processes
