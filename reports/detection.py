"""Which planted bugs were caught, and by which invariant: the matrix of a harness that is tested itself.

From a JSON file: {"bugs": [{"name", "family", "caught", "by", "schedules", "seconds", "faults_after_shrinking"}]}.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson


class DetectionProblem(ValueError):
    """The file cannot be read, or is no detection matrix; the message says why."""


@dataclass(frozen=True, slots=True)
class Bug:
    """One deliberately broken variant. `by` names the invariants that caught it; `seconds` is until the first did."""

    name: str
    family: str
    caught: bool
    by: tuple[str, ...]
    schedules: int | None
    seconds: float | None
    faults_after_shrinking: int | None


@dataclass(frozen=True, slots=True)
class Matrix:
    """Bugs by family and name, and every invariant that caught any of them."""

    bugs: tuple[Bug, ...]
    invariants: tuple[str, ...]

    @property
    def caught(self) -> int:
        return sum(bug.caught for bug in self.bugs)


def read_matrix(path: Path) -> Matrix:
    """Raises DetectionProblem."""
    try:
        content = orjson.loads(path.read_bytes())
        bugs = tuple(sorted(map(_bug, content["bugs"]), key=lambda bug: (bug.family, bug.name)))
    except OSError as problem:
        raise DetectionProblem(f"{path}: {problem.strerror}") from problem
    except (KeyError, TypeError, ValueError) as problem:
        raise DetectionProblem(f"{path} is no detection matrix: {type(problem).__name__} {problem}") from problem
    return Matrix(bugs, tuple(sorted({name for bug in bugs for name in bug.by})))


def _bug(said: Mapping[str, Any]) -> Bug:
    by = said.get("by") or ()
    return Bug(
        name=str(said["name"]),
        family=str(said["family"]),
        caught=said["caught"] is True,
        by=(by,) if isinstance(by, str) else tuple(map(str, by)),
        schedules=said.get("schedules"),
        seconds=said.get("seconds"),
        faults_after_shrinking=said.get("faults_after_shrinking"),
    )
