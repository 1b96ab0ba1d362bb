"""What a node says in its log of the faults that it inflicts on itself, read as the log grows."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from chaos.clusters.cluster import Confession


class Confessions:
    """Of one node, all its lives together. Reading it is cheap: only what was written since the last time is read."""

    def __init__(self, log: Path) -> None:
        """`log` holds JSON objects a line, and other lines, which are passed over."""
        self._log = log
        self._read = 0  # bytes
        self._in_force: Mapping[str, Mapping[str, Any]] = {}
        self._struck: Counter[str] = Counter()

    def now(self) -> Confession:
        for line in self._new_lines():
            match line:
                case {"event": "mishaps", "in_force": dict(in_force)}:
                    self._in_force = in_force
                case {"event": "mishap", "kind": str(kind)}:
                    self._struck[kind] += 1
        return Confession(self._in_force, dict(self._struck))

    def _new_lines(self) -> Iterator[dict[str, Any]]:
        if not self._log.exists():
            return
        with self._log.open("rb") as log:
            log.seek(self._read)
            for line in log:
                if not line.endswith(b"\n"):
                    break  # it is still being written
                self._read += len(line)
                if b'"mishap' not in line:
                    continue
                try:
                    parsed = orjson.loads(line)
                except orjson.JSONDecodeError:
                    continue
                if isinstance(parsed, dict):
                    yield parsed
