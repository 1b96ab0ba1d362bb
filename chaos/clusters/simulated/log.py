"""What a node logged: lines as its real counterpart writes them, in memory or in a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import orjson

EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""The date at which every simulation begins."""

_EPOCH_S: Final = EPOCH.timestamp()


def wall_clock(now_s: float) -> float:
    """Seconds since 1970, of a moment in virtual time."""
    return _EPOCH_S + now_s


class Log:
    """The lines of one node, over all its lives. `component` and `bound` are in each of them."""

    def __init__(self, component: str, bound: Mapping[str, str]) -> None:
        self._every = {"component": component, **bound}
        self._lines: list[tuple[float, str, Mapping[str, object]]] = []
        self._told: list[Mapping[str, Any]] = []

    def write(self, now_s: float, event: str, fields: Mapping[str, object]) -> None:
        self._lines.append((now_s, event, fields))

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        # Every judge reads them all; what is told does not change.
        for now_s, event, fields in self._lines[len(self._told) :]:
            told = {**self._every, **fields, "event": event}
            told["timestamp"] = (EPOCH + timedelta(seconds=now_s)).isoformat().replace("+00:00", "Z")
            self._told.append(told)
        return iter(self._told)

    def since(self, line: int) -> Iterator[tuple[str, Mapping[str, object]]]:
        """Event and fields of the lines from that number on."""
        yield from ((event, fields) for _, event, fields in self._lines[line:])

    def __len__(self) -> int:
        return len(self._lines)

    def save(self, path: Path) -> None:
        path.write_bytes(b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in self))

    def tail(self, lines: int = 20) -> str:
        """For messages."""
        return "\n".join(orjson.dumps(line).decode() for line in list(self)[-lines:])
