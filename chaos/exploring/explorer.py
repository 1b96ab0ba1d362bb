"""What the `exploration` fixture gives to a scenario: many generated runs, judged like any other.

    def test_explore(exploration: Explorer) -> None:
        exploration.holds(cases())

In simulation thousands of runs take minutes and leave nothing behind; elsewhere each has its run directory. The first
failure is confirmed, made small, run once more for a directory of its own, and told with the command that repeats it.
"""

from __future__ import annotations

import shlex
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
from hypothesis.strategies import SearchStrategy

from chaos.case import Case, NoCase
from chaos.exploring.exploration import Exploration, Failure
from chaos.exploring.in_laboratory import in_laboratory
from chaos.exploring.in_simulation import in_simulation
from chaos.exploring.regression import Regression
from chaos.exploring.sometimes import PATHS, Sometimes, tally
from chaos.exploring.trial import Runner, Trial
from chaos.laboratory import Laboratory
from chaos.progress import Say, Watcher
from chaos.run import Inconclusive, Violated
from chaos.substrate import Substrate
from reports.verdict import Verdict

EXPLORED: Final = "explored"  # of a test's properties: how many cases
SOMETIMES: Final = "sometimes"  # and how often each path was taken in them, as JSON
TOLD_EVERY: Final = 0.5  # seconds


@dataclass(frozen=True, slots=True)
class Extent:
    """How far to search: so many cases, or for so many seconds. `save` is the folder for a failure, if it is wanted."""

    examples: int
    budget_s: float | None = None
    save: Path | None = None


class Explorer:
    """For one test, or one part of it."""

    def __init__(
        self, laboratory: Laboratory, extent: Extent, *, scenario: str, test: str, replay: str, listener: Watcher
    ) -> None:
        """`scenario`, `test` and `replay` as of an `Experiment`."""
        self.seed: Final = laboratory.seed_of(test)
        self.directories: Final[list[Path]] = []
        self.verdicts: Final[list[Verdict]] = []
        self._laboratory = laboratory
        self._extent = extent
        self._scenario = scenario
        self._test = test
        self._replay = replay
        self._listener = listener
        self._met = Counter[str]()
        self._cases = 0

    def holds(self, cases: SearchStrategy[Case], *, paths: Sequence[Sometimes] = PATHS) -> None:
        """Explore. Raises Violated with the smallest failure, or Inconclusive with the first runs that decide nothing.

        `paths` are counted over all of them; the summary of the session tells which were never taken.
        """
        __tracebackhide__ = True
        simulation = in_simulation()
        simulated = self._laboratory.substrate == Substrate.SIMULATED
        runner = simulation if simulated else self._in_laboratory(self._replay)
        with self._listener.telling(self._scenario) as say:
            exploration = Exploration(cases, runner, seed=self.seed, simulation=simulation, note=self._note(paths, say))
            failure = exploration.search(self._extent.examples, budget_s=self._extent.budget_s)
        explored = exploration.explored
        if failure is not None:
            self.verdicts.append(Verdict.VIOLATED)
            raise Violated(self._told(failure))
        if explored.undecided or not explored.cases:
            self.verdicts.append(Verdict.INCONCLUSIVE)
            told = f"{explored.undecided} of {explored.cases} runs decided nothing, for example:"
            raise Inconclusive("\n".join([f"INCONCLUSIVE: {told}", *explored.reasons]))
        self.verdicts.append(Verdict.HELD)

    def properties(self) -> list[tuple[str, object]]:
        """For JUnit, and for the summary of the session."""
        return [
            *([("verdict", Verdict.merge(self.verdicts).value)] if self.verdicts else []),
            *(("run_directory", str(directory)) for directory in self.directories),
            ("seed", str(self.seed)),
            (EXPLORED, str(self._cases)),
            (SOMETIMES, orjson.dumps(self._met).decode()),
        ]

    def _note(self, paths: Sequence[Sometimes], say: Say) -> Callable[[Case, Trial], None]:
        told_at = time.monotonic()

        def note(_case: Case, trial: Trial) -> None:
            nonlocal told_at
            self._cases += 1
            self._met.update(tally(trial.record, paths))
            if trial.directory is not None and trial.verdict is not Verdict.HELD:
                self.directories.append(trial.directory)
            if time.monotonic() >= told_at + TOLD_EVERY:
                told_at = time.monotonic()
                extent = self._extent
                of = f"{extent.examples} cases" if extent.budget_s is None else f"cases in {extent.budget_s:g} s"
                say(f"explored {self._cases} of {of}")

        return note

    def _in_laboratory(self, replay: str, shrunk_from: Mapping[str, Any] | None = None) -> Runner:
        return in_laboratory(
            self._laboratory, scenario=self._scenario, test=self._test, replay=replay, shrunk_from=shrunk_from
        )

    def _told(self, failure: Failure) -> str:
        """The failure, where it was saved, and how to see it again."""
        saved = None if self._extent.save is None else self._save(failure, self._extent.save)
        again = self._replay if saved is None else shlex.join(("brownout", "replay", str(saved)))
        kept = self._in_laboratory(again, failure.shrunk_from).run(failure.case).directory
        if kept is not None:
            self.directories.append(kept)
            if saved is None:
                again = shlex.join(("brownout", "replay", str(kept)))
        findings = [each for each in failure.findings if each.verdict is not Verdict.HELD]
        return "\n".join(
            [
                f"VIOLATED: {failure.lines()[0]}",
                *failure.lines()[1:],
                *(f"  {each.verdict.value} {each.name}: {each.message}" for each in findings),
                *([f"  saved: {saved}"] if saved is not None else []),
                f"  run directory: {kept}",
                f"  again: {again}",
            ]
        )

    def _save(self, failure: Failure, folder: Path) -> Path | None:
        """None where the system cannot be made again from a file."""
        found = {
            "substrate": self._laboratory.substrate,
            "seen": [failure.seen, failure.runs],
            "solid": failure.solid,
            "session_seed": self._laboratory.seed,
            "test": self._test,
        }
        violated = tuple(each.name for each in failure.findings if each.verdict is Verdict.VIOLATED)
        first = (failure.invariant, *(name for name in violated if name != failure.invariant))
        try:
            return Regression(failure.case, first, found, failure.shrunk_from).save(folder)
        except NoCase:
            return None
