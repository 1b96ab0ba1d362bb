"""A run as tables: history.parquet and status.parquet, for pandas, DuckDB and whatever else reads Parquet.

The columns of history.parquet are the fields of `Op`, but for these:

    client, process   a client's number, or the name of whoever else wrote the op; the other of the two is null
    value             JSON text, as in history.jsonl: no two systems answer with the same fields
    said              the value again, of ops that are no client's: among a million of a client's they would be hard to
                      find (see reports/lazy_columns.py)

status.parquet has a row for each time the observer asked: `op` is the index of the sample in the history, `time_s` when
it was taken, `error` why it says nothing, and, where several nodes were asked, `node` which of them; the other columns
are what the system said of itself. What holds lists or objects is JSON text, and so is a field that is not of one type
throughout.

pyarrow takes a third of a second to import, and is not until a table is written or read. Its `read_table` would import
another two seconds' worth, for files in many parts, and is not used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from reports.history import OBSERVER, Columns, History, OpType, said_of_itself
from reports.lazy_columns import SAID, columns_of

if TYPE_CHECKING:
    import pyarrow as pa

OWN: Final = ("op", "time_s", "error", "node")
COMPRESSION: Final = "zstd"
GROUP: Final = 1 << 15  # rows, of which a few megabytes of values are read to look at one


def write_history(history: History, path: Path, group: int = GROUP) -> None:
    """In groups of rows that are read one by one. Raises OSError when the disk does not take it."""
    import pyarrow as pa  # noqa: PLC0415 - see above

    ops = history.ops
    names = pa.dictionary(pa.int32(), pa.string())
    values = [None if op.value is None else orjson.dumps(op.value) for op in ops]
    said = [None if isinstance(op.process, int) else value for op, value in zip(ops, values, strict=True)]
    _write(
        {
            "index": pa.array([op.index for op in ops], pa.int64()),
            "time": pa.array([op.time for op in ops], pa.int64()),
            "client": pa.array([op.process if isinstance(op.process, int) else None for op in ops], pa.int64()),
            "process": pa.array([None if isinstance(op.process, int) else op.process for op in ops], names),
            "type": pa.array([op.type.value for op in ops], names),
            "f": pa.array([op.f for op in ops], names),
            "value": pa.array(values, pa.binary()).cast(pa.string()),
            "said": pa.array(said, pa.binary()).cast(pa.string()),
            "error": pa.array([op.error for op in ops], pa.string()),
        },
        path,
        group,
    )


def read_history_lazily(path: Path) -> History:
    """The same history whose values are read when they are looked at. Raises ValueError like `read_history`."""
    import pyarrow as pa  # noqa: PLC0415 - see above
    import pyarrow.parquet as pq  # noqa: PLC0415 - see above

    try:
        file = pq.ParquetFile(path, memory_map=True)
        return History(columns_of(file))
    except (pa.ArrowException, KeyError, ValueError) as problem:
        raise ValueError(f"{path} is not a table of a history: {problem}") from problem


def read_history(path: Path) -> History:
    """The same history as of the JSON lines. Raises ValueError, naming the file, when it is no such table."""
    import pyarrow as pa  # noqa: PLC0415 - see above
    import pyarrow.parquet as pq  # noqa: PLC0415 - see above

    try:
        file = pq.ParquetFile(path, memory_map=True)
        table = file.read(columns=[name for name in file.schema_arrow.names if name != SAID])
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

    samples = history.of(OBSERVER)
    nodes = [said_of_itself(op.f) for op in samples]
    said = [op.value or {} for op in samples if op.type is OpType.OK]
    fields = sorted({name for value in said for name in value} - set(OWN))
    _write(
        {
            "op": pa.array([op.index for op in samples], pa.int64()),
            "time_s": pa.array([op.time_s for op in samples], pa.float64()),
            "error": pa.array([op.error for op in samples], pa.string()),
            **({"node": pa.array(nodes, pa.string())} if any(nodes) else {}),
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


def _write(columns: Mapping[str, pa.Array], path: Path, group: int | None = None) -> None:
    import pyarrow as pa  # noqa: PLC0415 - see above
    import pyarrow.parquet as pq  # noqa: PLC0415 - see above

    pq.write_table(pa.table(dict(columns)), path, compression=COMPRESSION, row_group_size=group)
