"""A run as tables: history.parquet and status.parquet, for pandas, DuckDB and whatever else reads Parquet.

The columns of history.parquet are the fields of `Op`, but for two:

    client, process   a client's number, or the name of whoever else wrote the op; the other of the two is null
    value             JSON text, as in history.jsonl: no two systems answer with the same fields

status.parquet has a row for each time the observer asked: `op` is the index of the sample in the history, `time_s` when
it was taken, `error` why it says nothing; the other columns are what the system said of itself. What holds lists or
objects is JSON text, and so is a field that is not of one type throughout.

pyarrow takes a third of a second to import, and is not until a table is written or read. Its `read_table` would import
another two seconds' worth, for files in many parts, and is not used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from reports.history import OBSERVER, Columns, History, OpType

if TYPE_CHECKING:
    import pyarrow as pa

OWN: Final = ("op", "time_s", "error")
COMPRESSION: Final = "zstd"


def write_history(history: History, path: Path) -> None:
    """Raises OSError when the disk does not take it."""
    import pyarrow as pa  # noqa: PLC0415 - see above

    ops = history.ops
    names = pa.dictionary(pa.int32(), pa.string())
    _write(
        {
            "index": pa.array([op.index for op in ops], pa.int64()),
            "time": pa.array([op.time for op in ops], pa.int64()),
            "client": pa.array([op.process if isinstance(op.process, int) else None for op in ops], pa.int64()),
            "process": pa.array([None if isinstance(op.process, int) else op.process for op in ops], names),
            "type": pa.array([op.type.value for op in ops], names),
            "f": pa.array([op.f for op in ops], names),
            "value": pa.array([None if op.value is None else orjson.dumps(op.value) for op in ops], pa.binary()).cast(
                pa.string()
            ),
            "error": pa.array([op.error for op in ops], pa.string()),
        },
        path,
    )


class WordColumn(Sequence[Any]):
    """Texts, or None, that are read when they are looked at."""

    def __init__(self, column: Any) -> None:  # noqa: ANN401 - a column of pyarrow
        self._column = column

    def __len__(self) -> int:
        return len(self._column)

    def __getitem__(self, at: Any) -> Any:  # noqa: ANN401 - a place or a slice, as of every sequence
        return WordColumn(self._column[at]) if isinstance(at, slice) else self._column[at].as_py()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._column.to_pylist())


class JsonColumn(WordColumn):
    """The same of JSON: of a million values a picture looks at none, a person at a few."""

    def __getitem__(self, at: Any) -> Any:  # noqa: ANN401 - see above
        text = super().__getitem__(at)
        return JsonColumn(self._column[at]) if isinstance(at, slice) else text and orjson.loads(text)

    def __iter__(self) -> Iterator[Any]:
        return (text and orjson.loads(text) for text in super().__iter__())


def read_history_lazily(path: Path) -> History:
    """The same history whose values are read when they are looked at. Raises ValueError like `read_history`."""
    import pyarrow as pa  # noqa: PLC0415 - see above
    import pyarrow.parquet as pq  # noqa: PLC0415 - see above

    try:
        table = pq.ParquetFile(path, memory_map=True).read()
        types = table.column("type").combine_chunks()
        known = [OpType(each) for each in types.dictionary.to_pylist()]
        return History(
            Columns(
                range(table.num_rows),
                table.column("time").to_numpy().tolist(),
                _processes(table),
                [known[each] for each in types.indices.to_numpy().tolist()],
                WordColumn(table.column("f")),
                JsonColumn(table.column("value")),
                WordColumn(table.column("error")),
            )
        )
    except (pa.ArrowException, KeyError, ValueError) as problem:
        raise ValueError(f"{path} is not a table of a history: {problem}") from problem


def _processes(table: pa.Table) -> list[int | str]:
    import numpy as np  # noqa: PLC0415 - as pyarrow

    clients, others = table.column("client"), table.column("process")
    processes: list[int | str] = clients.fill_null(-1).to_numpy().tolist()
    for at in np.flatnonzero(clients.is_null().to_numpy()).tolist():
        processes[at] = others[at].as_py()
    return processes


def read_history(path: Path) -> History:
    """The same history as of the JSON lines. Raises ValueError, naming the file, when it is no such table."""
    import pyarrow as pa  # noqa: PLC0415 - see above
    import pyarrow.parquet as pq  # noqa: PLC0415 - see above

    try:
        table = pq.ParquetFile(path, memory_map=True).read()
        column = {name: table.column(name).to_pylist() for name in table.column_names}
        clients, others = column["client"], column["process"]
        columns = Columns(
            range(len(column["time"])),
            column["time"],
            [other if client is None else client for client, other in zip(clients, others, strict=True)],
            [OpType(kind) for kind in column["type"]],
            column["f"],
            [value and orjson.loads(value) for value in column["value"]],
            column["error"],
        )
    except (pa.ArrowException, KeyError, ValueError) as problem:
        raise ValueError(f"{path} is not a table of a history: {problem}") from problem
    return History(columns)


def write_statuses(history: History, path: Path) -> None:
    """Raises OSError when the disk does not take it."""
    import pyarrow as pa  # noqa: PLC0415 - see above

    samples = history.of(OBSERVER, "status")
    said = [op.value or {} for op in samples if op.type is OpType.OK]
    fields = sorted({name for value in said for name in value} - set(OWN))
    _write(
        {
            "op": pa.array([op.index for op in samples], pa.int64()),
            "time_s": pa.array([op.time_s for op in samples], pa.float64()),
            "error": pa.array([op.error for op in samples], pa.string()),
            **{name: _column([(op.value or {}).get(name) for op in samples]) for name in fields},
        },
        path,
    )


def _column(values: Iterable[Any]) -> pa.Array:
    import pyarrow as pa  # noqa: PLC0415 - see above

    values = list(values)
    for kind, arrow in ((bool, pa.bool_()), (int, pa.int64()), (float, pa.float64()), (str, pa.string())):
        if all(each is None or type(each) is kind for each in values):
            return pa.array(values, arrow)
    return pa.array([None if each is None else orjson.dumps(each).decode() for each in values], pa.string())


def _write(columns: Mapping[str, pa.Array], path: Path) -> None:
    import pyarrow as pa  # noqa: PLC0415 - see above
    import pyarrow.parquet as pq  # noqa: PLC0415 - see above

    pq.write_table(pa.table(dict(columns)), path, compression=COMPRESSION)
