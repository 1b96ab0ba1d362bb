"""What the nodes of a run logged around a moment of it, joined by the id of a request where there is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from reports.record import Record


@dataclass(frozen=True, slots=True)
class LogLine:
    """`at_s` is in seconds of the run; `about` whether it names the request that was asked for."""

    at_s: float
    node: str
    text: str
    about: bool


def lines_around(
    record: Record, offset_s: float, at_s: float, *, within_s: float, request_id: str | None = None, at_most: int = 400
) -> tuple[LogLine, ...]:
    """Of all nodes, oldest first: lines within `within_s` of the moment, and those that name the request whenever.

    More than `at_most` are cut from both ends of the time, never those that name the request.
    """
    found = [
        LogLine(time_s, node, orjson.dumps(line).decode(), about)
        for node in _nodes(record)
        for line in record.log(node)
        if (time_s := _time_s(line, offset_s)) is not None
        and ((about := _names(line, request_id)) or abs(time_s - at_s) <= within_s)
    ]
    nearest = sorted(found, key=lambda line: (not line.about, abs(line.at_s - at_s)))[:at_most]
    return tuple(sorted(nearest, key=lambda line: (line.at_s, line.node)))


def log_bytes(record: Record) -> int:
    """How much there is to be looked through."""
    if record.logs is None:
        return 0
    return sum((record.logs / f"{node}.log").stat().st_size for node in _nodes(record))


def _nodes(record: Record) -> Iterator[str]:
    if record.logs is not None and record.logs.is_dir():
        yield from sorted(path.stem for path in record.logs.glob("*.log"))


def _time_s(line: Mapping[str, Any], offset_s: float) -> float | None:
    try:
        return datetime.fromisoformat(line["timestamp"]).timestamp() - offset_s
    except (KeyError, TypeError, ValueError):
        return None


def _names(line: Mapping[str, Any], request_id: str | None) -> bool:
    if request_id is None:
        return False
    ids = line.get("request_ids")
    return line.get("request_id") == request_id or (isinstance(ids, list) and request_id in ids)
