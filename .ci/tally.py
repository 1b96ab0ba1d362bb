"""Adds up JUnit files: what passed, failed and was skipped over all environments."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of test cases; one that passed and then failed to tear down counts as failed."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def tally_file(path: Path) -> Tally:
    """Count the cases of one JUnit file by their worst outcome."""
    outcomes = ("passed", "skipped", "failed")
    # A case that failed and then broke in teardown appears twice under one name.
    worst: dict[tuple[str, str], int] = {}
    for case in ET.parse(path).iter("testcase"):  # noqa: S314  # written by our own pytest a moment ago
        marks = {child.tag for child in case}
        outcome = "failed" if marks & {"failure", "error"} else "skipped" if "skipped" in marks else "passed"
        name = (case.get("classname", ""), case.get("name", ""))
        worst[name] = max(outcomes.index(outcome), worst.get(name, 0))
    counts = Counter(outcomes[rank] for rank in worst.values())
    return Tally(**counts)


def tally_files(paths: Iterable[Path]) -> Tally:
    """The sum over several JUnit files."""
    return sum((tally_file(path) for path in paths), Tally())
