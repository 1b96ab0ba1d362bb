"""Histories as JSON lines: read into columns, for there may be a million, and as far as they were written."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import orjson

from reports.history import Columns, History, Op, OpType

TYPES: Final = {each.value: each for each in OpType}


def read_jsonl(path: Path) -> History:
    """Read a history file, also one whose writer was killed: a last line that is cut off is left out.

    Raises ValueError, naming file and line, when any other line is not an op or is out of its place.
    """
    with path.open("rb") as lines, undisturbed():
        rows: list[tuple[Any, ...]] = []
        row: tuple[Any, ...]
        add, loads = rows.append, orjson.loads
        for number, line in enumerate(lines):
            try:
                fields = loads(line)
                row = (
                    *(fields["time"], fields["process"], TYPES[fields["type"]]),
                    *(fields["f"], fields["value"], fields["error"]),
                )
                # Evidence points at ops by index: a gap would make it point at others.
                whole = fields["index"] == number and _is_op(row)
            except (KeyError, TypeError, ValueError):
                row, whole = (), False
            if whole:
                add(row)
            elif (told := _what_is_wrong(line, number)) is not None:
                raise ValueError(f"{path}, line {number + 1}: {told}")
            else:
                break
        time, process, kind, f, value, error = zip(*rows, strict=True) if rows else ((),) * 6
        return History(Columns(range(len(rows)), time, process, kind, f, value, error))


def _is_op(row: tuple[Any, ...]) -> bool:
    time, process, _, f, value, error = row
    return (
        type(time) is int
        and (type(process) is int or type(process) is str)
        and type(f) is str
        and (value is None or type(value) is dict)
        and (error is None or type(error) is str)
    )


def _what_is_wrong(line: bytes, number: int) -> str | None:
    """None of a last line whose writer was stopped in the middle of it."""
    try:
        op = Op.from_json(line)
    except ValueError as problem:
        return str(problem) if line.endswith(b"\n") else None
    return f"op {op.index} where op {number} belongs"


@contextmanager
def undisturbed() -> Iterator[None]:
    """Without looking for garbage, of which there is none: what is read is kept, and looking takes half the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
