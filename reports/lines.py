"""Histories as JSON lines: read into columns, for there may be a million, and as far as they were written."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from reports.history import Columns, History, Op, OpType

TYPES: Final = {each.value: each for each in OpType}
BLOCK: Final = 1 << 18  # bytes of lines that are read at once: each alone takes twice as long


class Line(msgspec.Struct, frozen=True, gc=False):
    """One op as it is written, of which nothing points back at it."""

    index: int
    time: int
    process: int | str
    type: OpType
    f: str
    value: dict[str, Any] | None
    error: str | None


DECODE: Final = msgspec.json.Decoder(Line).decode_lines


def read_jsonl(path: Path) -> History:
    """Read a history file, also one whose writer was killed: a last line that is cut off is left out.

    Raises ValueError, naming file and line, when any other line is not an op or is out of its place.
    """
    rows: list[Line] = []
    with path.open("rb") as lines, undisturbed():
        while block := lines.readlines(BLOCK):
            read = _ops(block, len(rows))
            if read is None:
                rows.extend(_one_by_one(block, len(rows), path))
                break  # or it would have raised
            rows.extend(read)
        return History(
            Columns(
                range(len(rows)),
                [row.time for row in rows],
                [row.process for row in rows],
                [row.type for row in rows],
                [row.f for row in rows],
                [row.value for row in rows],
                [row.error for row in rows],
            )
        )


def _ops(block: list[bytes], first: int) -> list[Line] | None:
    """None where a line is not the op of its place: evidence points at ops by index, a gap would make it point at
    others.
    """
    try:
        rows = DECODE(b"".join(block))
    except (msgspec.MsgspecError, ValueError):
        return None
    places = range(first, first + len(block))
    return rows if len(rows) == len(block) and [row.index for row in rows] == [*places] else None


def _one_by_one(block: Iterable[bytes], first: int, path: Path) -> Iterator[Line]:
    """Those before the last line of a writer that was stopped in the middle of it. Raises ValueError."""
    for number, line in enumerate(block, first):
        read = _ops([line], number)
        if read is None:
            told = _what_is_wrong(line, number)
            if told is None:
                return
            raise ValueError(f"{path}, line {number + 1}: {told}")
        yield from read


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
