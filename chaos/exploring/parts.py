"""How a long exploration is divided into tests: the same parts whoever runs them, so that one can be repeated alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import pytest

SIMULATED: Final = 200  # examples, where nobody says how many: seconds
REAL: Final = 2  # half a minute
PART: Final = 250  # examples in one part; as many as Hypothesis is asked for at once
PARTS: Final = 8  # of a budget of time: enough to keep a few processes busy, each long enough to get somewhere


@dataclass(frozen=True, slots=True)
class Part:
    """So many examples, or with a budget as many as fit into it."""

    number: int
    of: int
    examples: int
    budget_s: float | None = None

    def __str__(self) -> str:
        return f"part {self.number} of {self.of}"


def parts(config: pytest.Config) -> list[Part]:
    """Raises pytest.UsageError where what is asked for makes no sense."""
    examples, budget_s = config.getoption("--chaos-examples"), config.getoption("--chaos-budget")
    if examples is not None and budget_s is not None:
        raise pytest.UsageError("--chaos-examples and --chaos-budget exclude each other: by number, or by time")
    if budget_s is not None:
        if not budget_s > 0:
            raise pytest.UsageError(f"--chaos-budget {budget_s:g} is no time to explore in")
        each_s = budget_s * _processes(config) / PARTS
        return [Part(number, PARTS, 10**9, each_s) for number in range(1, PARTS + 1)]
    if examples is None:
        examples = SIMULATED if config.getoption("--substrate") == "simulated" else REAL
    if examples < 1:
        raise pytest.UsageError(f"--chaos-examples {examples} is no number of runs")
    count = math.ceil(examples / PART)
    return [Part(number + 1, count, min(PART, examples - number * PART)) for number in range(count)]


def _processes(config: pytest.Config) -> int:
    """That share the parts."""
    shared: dict[str, Any] = getattr(config, "workerinput", {})
    return int(shared.get("workercount", 1))
