"""One hunt for one planted bug: found, made small, saved, and replayed wherever there is a runner for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from hypothesis import strategies as st

from chaos.case import Case
from chaos.exploring.exploration import Exploration, Failure
from chaos.exploring.in_simulation import in_simulation
from chaos.exploring.limits import Limits
from chaos.exploring.margin import nearby
from chaos.exploring.regression import Regression
from chaos.exploring.strategies import schedules, workloads
from chaos.exploring.trial import Runner
from chaos.standard import standard
from tests.planted.broken import broken

SECONDS: Final = 6
MOST: Final = 200  # cases; the rarest of the bugs shows in one of ten
# Batches of 0.2 s on average, so that whoever is hit has something in its hands.
COORDINATOR: Final[Mapping[str, str]] = MappingProxyType({"BATCH_SIZE": "8"})
WORKER: Final[Mapping[str, str]] = MappingProxyType({"MAX_DELAY": "0.4"})


def cases(bug: str) -> st.SearchStrategy[Case]:
    system = broken(bug, coordinator=COORDINATOR, worker=WORKER)
    limits = Limits(SECONDS, most=5, outage_s=2.0, longest_s=2.0, back_s=1.0)
    return st.builds(
        Case,
        st.just(system),
        workloads(SECONDS, rates=(20, 40)),
        schedules(system, limits),
        st.integers(0, 2**16),
        st.just(standard()),
    )


@dataclass(frozen=True, slots=True)
class Caught:
    failure: Failure
    file: Path

    @property
    def faults(self) -> int:
        return len(self.failure.case.schedule.faults)

    def replayed(self, runner: Runner, near: int = 0) -> int | None:
        """How many runs it took until what is in the file, or one of so many cases near it, violated the same invariant
        there; None if none did.
        """
        case = Regression.load(self.file).case
        for number, each in enumerate((case, *nearby(case, near)), 1):
            if self.failure.invariant in runner.run(each).violated:
                return number
        return None

    def to_json(self) -> dict[str, Any]:
        return {
            "invariant": self.failure.invariant,
            "cases": self.failure.cases,
            "shrunk": [len(self.failure.first.schedule.faults), self.faults],
            "tries": self.failure.tries,
            "case": list(self.failure.case.lines()),
        }


def hunt(bug: str, seed: int, folder: Path) -> Caught | None:
    """None where nothing was found."""
    failure = Exploration(cases(bug), in_simulation(), seed=seed).search(MOST)
    if failure is None:
        return None
    violated = (failure.invariant, *(name for name in _violated(failure) if name != failure.invariant))
    return Caught(failure, Regression(failure.case, violated, {"substrate": "simulated", "seed": seed}).save(folder))


def _violated(failure: Failure) -> Sequence[str]:
    return [each.name for each in failure.findings if each.verdict.value == "VIOLATED"]
