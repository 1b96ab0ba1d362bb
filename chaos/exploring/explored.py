"""What all explorations of a session met, added up, for the end of the session."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import orjson
import pytest


@dataclass(frozen=True, slots=True)
class Explored:
    """`met` has every path that was looked out for, with how often it was taken; `verdicts` are of the tests."""

    cases: int
    met: Counter[str]
    verdicts: Counter[str]

    @classmethod
    def of(cls, properties: Iterable[tuple[str, object]]) -> Self:
        """From the properties of the tests that explored."""
        cases, met, verdicts = 0, Counter[str](), Counter[str]()
        for name, value in properties:
            if name == "explored":
                cases += int(str(value))
            elif name == "sometimes":
                met.update(orjson.loads(str(value)))
            elif name == "verdict":
                verdicts[str(value)] += 1
        return cls(cases, met, verdicts)

    @property
    def never(self) -> tuple[str, ...]:
        return tuple(name for name, times in self.met.items() if not times)

    def tell(self, reporter: pytest.TerminalReporter) -> None:
        """Which paths were taken how often, and which never."""
        reporter.section(f"explored {self.cases} runs", sep="-")
        for name, times in self.met.items():
            if times:
                reporter.write_line(f"{times:>8}  {name}")
        for name in self.never:
            reporter.write_line(f"   never  {name}", yellow=True)
