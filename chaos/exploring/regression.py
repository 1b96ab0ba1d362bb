"""A failure that was made small, kept in a file: run with the other scenarios, and replayed by `brownout replay`.

The file is the case (see `chaos.case`) with further fields:

    "violated": ["no_loss"]                              what did not hold when it was found
    "found": {"substrate": "simulated", "cases": 37}     how that was

and, where it was made small, what it was before that, for people to look at (see `reports.shrunk`):

    "shrunk_from": {"under": "brownout(workers=2) under …", "seconds": 9, "schedule": {…}, "tries": 41, "substrate": …}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self

import orjson

from chaos.case import Case, NoCase

FOLDER: Final = "regressions"
LENGTH: Final = 8  # digits of a name that tell one failure from another


@dataclass(frozen=True, slots=True)
class Regression:
    """`violated` are names of invariants, `found` is for people."""

    case: Case
    violated: tuple[str, ...]
    found: Mapping[str, Any] = field(default_factory=dict)
    shrunk_from: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        """The same for the same case."""
        content = orjson.dumps(self.case.to_json(), option=orjson.OPT_SORT_KEYS)
        return f"{self.violated[0] if self.violated else 'held'}-{sha256(content).hexdigest()[:LENGTH]}"

    def save(self, folder: Path) -> Path:
        """Where it was written to. Raises NoCase where its system could not be made again, or it cannot be written."""
        told = self.case.to_json() | {"violated": list(self.violated), "found": dict(self.found)}
        if self.shrunk_from is not None:
            told["shrunk_from"] = dict(self.shrunk_from)
        path = folder / f"{self.name}.json"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        except OSError as problem:
            raise NoCase([f"{path}: {problem.strerror}"]) from problem
        return path

    @classmethod
    def load(cls, path: Path) -> Self:
        """Raises NoCase, naming the file."""
        try:
            told = orjson.loads(path.read_bytes())
        except OSError as problem:
            raise NoCase([f"{path}: {problem.strerror}"]) from problem
        except orjson.JSONDecodeError as problem:
            raise NoCase([f"{path}: it is not JSON: {problem}"]) from problem
        if not isinstance(told, dict):
            raise NoCase([f"{path}: expected a JSON object"])
        try:
            case = Case.from_json(told)
        except NoCase as problem:
            raise NoCase([f"{path}: {each}" for each in problem.problems]) from problem
        return cls(case, tuple(map(str, told.get("violated", ()))), told.get("found", {}), told.get("shrunk_from"))


def regressions(folder: Path) -> tuple[Path, ...]:
    """The files of a folder, in the order of their names; none where there is no such folder."""
    return tuple(sorted(folder.glob("*.json")))
