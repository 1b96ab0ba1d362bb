"""The search for a run that breaks a promise: explore, confirm, shrink.

    cases ─▶ run each, until one violates ─▶ is it seen again, 2 of 3? ─▶ the smallest that still does
             (where the user says)            (only where chance rules)     (in simulation if it fails there too)

In simulation nothing comes out now one way, now another: a failure is as firm as what is near by (`margin`). One
that is not firm is looked beyond for a while, and what is made smaller stays as firm as it was found: the smallest that
fails by a coincidence could not be shown anywhere else.

Hypothesis draws the cases and shrinks them; nothing here knows what a case is made of. A failure keeps its identity by
the first invariant that it violated: whatever else breaks on the way to the smallest does not count.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from math import inf
from random import Random
from typing import Any, Final

from hypothesis import Phase, find, settings
from hypothesis.errors import NoSuchExample
from hypothesis.strategies import SearchStrategy

from chaos.case import Case
from chaos.exploring.margin import FIRM, NEAR, margin
from chaos.exploring.trial import Runner, Trial
from chaos.schedule import Schedule
from reports.verdict import Finding

BATCH: Final = 250  # cases that one search of Hypothesis draws; it remembers all of them, and begins with simple ones
AGAIN: Final = 2  # further runs of a case that failed where chance rules
SOLID: Final = 2  # of the three, from which on a failure is no accident
FURTHER: Final = 100  # cases that are looked at for a firmer failure than the first
REAL_TRIES: Final = 20  # to make a failure smaller where each run takes as long as it lasts
TOLD: Final = 5  # undecided runs whose reasons are kept


@dataclass(slots=True)
class Searched:
    """What was looked at so far; `reasons` are those of the first undecided runs."""

    cases: int = 0
    undecided: int = 0
    reasons: list[str] = field(default_factory=list)

    def count(self, case: Case, trial: Trial) -> None:
        self.cases += 1
        if trial.undecided and not trial.violated:
            self.undecided += 1
            if len(self.reasons) < TOLD:
                told = "; ".join(f"{each.name}: {each.message}" for each in trial.undecided)
                self.reasons.append("\n".join([told, *(f"  {line}" for line in case.lines())]))


@dataclass(frozen=True, slots=True)
class Failure:
    """`first` as it was found after `cases` others, `case` the smallest that fails in the same way.

    It was seen `seen` of `runs` times; `near` of those near by fail too, None where nobody could tell. `shrunk_on` is
    the substrate that it was made smaller on, in `tries` runs, and None where it could not be. `findings` are of the
    last run of `case`.
    """

    first: Case
    case: Case
    invariant: str
    findings: tuple[Finding, ...]
    cases: int
    seen: int
    runs: int
    near: int | None
    shrunk_on: str | None
    tries: int

    @property
    def solid(self) -> bool:
        """Whether it can be expected to be seen again, elsewhere too."""
        return self.seen >= SOLID if self.near is None else self.near >= FIRM

    @property
    def shrunk_from(self) -> Mapping[str, Any] | None:
        """What `first` was, for reports; None where nothing is smaller."""
        if self.shrunk_on is None or self.first == self.case:
            return None
        drawn = Schedule.of(self.first.schedule, self.first.seed).drawn(self.first.system)
        return {
            "under": self.first.lines()[0],
            "seconds": self.first.workload.seconds,
            "schedule": drawn.to_json(),
            "tries": self.tries,
            "substrate": self.shrunk_on,
        }

    def lines(self) -> list[str]:
        """For people."""
        seen = "solid" if self.solid else "flaky" if self.runs > 1 else "on an edge"
        again = "" if self.runs == 1 else f", seen {self.seen} of {self.runs} times"
        if self.near is not None:
            again += f", and so {'does' if self.near == 1 else 'do'} {self.near} of {NEAR} near by"
        smaller = "as it was found"
        if self.shrunk_on is not None:
            faults = f"{len(self.first.schedule.faults)} to {len(self.case.schedule.faults)} faults"
            smaller = f"shrunk from {faults} in {self.tries} runs, {self.shrunk_on}"
        return [
            f"{self.invariant} is violated after {self.cases} cases ({seen}{again}); {smaller}:",
            *(f"  {line}" for line in self.case.lines()),
        ]


class SearchIsOver(BaseException):
    """Ends a search from inside of it. No Exception, for Hypothesis would take that for a failure and shrink it."""


class TimeIsUp(SearchIsOver):
    """There was only so much."""


class Exploration:
    """One search. `note` is told of every case that was run to explore, not of those that shrinking runs."""

    def __init__(
        self,
        cases: SearchStrategy[Case],
        runner: Runner,
        *,
        seed: int,
        simulation: Runner | None = None,
        note: Callable[[Case, Trial], None] = lambda _case, _trial: None,
    ) -> None:
        self.explored: Final = Searched()
        self._cases = cases
        self._runner = runner
        self._simulation = simulation
        self._seed = seed
        self._note = note

    def search(self, examples: int, *, budget_s: float | None = None) -> Failure | None:
        """The first failure among so many cases, or among those that fit into `budget_s`, made as small as it gets."""
        until = None if budget_s is None else time.monotonic() + budget_s
        for number in count():
            before = self.explored.cases
            if before >= examples:
                return None
            hunt = Hunt(self._runner, self._simulation, until, self._met)
            size = min(BATCH, examples - before)
            smallest, over = self._find(hunt, number, size)
            if smallest is None and hunt.settles():
                smallest, _ = self._find(hunt, number, size)  # the same are drawn once more
            if smallest is not None:
                return hunt.failure(smallest, self.explored.cases)
            if over:
                return None
            if self.explored.cases == before:
                return None  # there is nothing left to draw
        raise AssertionError("counting never ends")

    def _met(self, case: Case, trial: Trial) -> None:
        self.explored.count(case, trial)
        self._note(case, trial)

    def _find(self, condition: Callable[[Case], bool], number: int, size: int) -> tuple[Case | None, bool]:
        """The smallest, and whether the search is over without one."""
        rng = Random(int.from_bytes(sha256(f"{self._seed} {number}".encode()).digest()[:8]))
        # Failures are kept in files that people read, and not in Hypothesis' own database.
        how = settings(max_examples=size, phases=(Phase.generate, Phase.shrink), database=None, deadline=None)
        try:
            return find(self._cases, condition, settings=how, random=rng), False
        except NoSuchExample:
            return None, False
        except SearchIsOver:
            return None, True


@dataclass(frozen=True, slots=True)
class Failed:
    """A case that fails, and how many near by do."""

    case: Case
    trial: Trial
    near: int | None


class Hunt:
    """What Hypothesis asks about each case: whether it fails, and once one has, whether it fails in the same way."""

    def __init__(
        self, runner: Runner, simulation: Runner | None, until: float | None, met: Callable[[Case, Trial], None]
    ) -> None:
        self._runner = runner
        self._simulation = simulation
        self._until = until
        self._met = met
        self._failed: list[Failed] = []
        self._invariant = ""
        self._seen: list[bool] = []
        self._shrinker: Runner | None = None
        self._tries = 0
        self._most = inf
        self._firmest: Failed | None = None
        self._settled = False
        self._further = 0

    def __call__(self, case: Case) -> bool:
        if any(case == each.case for each in self._failed):
            return True  # Hypothesis asks once more for what it found
        if self._failed:
            return self._shrinks(case)
        return self._is_firmest(case) if self._settled else self._explores(case)

    def settles(self) -> bool:
        """For the firmest failure that was met, if none was firm enough; whether there is one."""
        self._settled = self._firmest is not None
        return self._settled

    def failure(self, smallest: Case, cases: int) -> Failure:
        first = self._failed[0].case
        shrinker = self._shrinker
        if shrinker not in (None, self._runner) and not self._fails_here(smallest):
            smallest, shrinker = first, None
        failed = next(each for each in self._failed if each.case == smallest)
        return Failure(
            first,
            smallest,
            self._invariant,
            failed.trial.findings,
            cases=cases,
            seen=sum(self._seen),
            runs=len(self._seen),
            near=failed.near,
            shrunk_on=None if shrinker is None else shrinker.substrate,
            tries=self._tries,
        )

    def _fails_here(self, case: Case) -> bool:
        """Whether what was made smaller in simulation is what fails where it was found."""
        return any(self._invariant in self._runner.run(case).violated for _ in range(1 + AGAIN))

    def _explores(self, case: Case) -> bool:
        if self._further >= FURTHER:
            raise SearchIsOver
        trial = self._runner.run(case)
        self._met(case, trial)
        self._further += self._firmest is not None
        if not trial.violated or (self._firmest is not None and self._invariant not in trial.violated):
            # Not before it was run: to draw the first case may take a busy machine all of a short time.
            if self._until is not None and time.monotonic() >= self._until:
                raise TimeIsUp
            return False
        self._invariant = self._invariant or trial.violated[0]
        self._seen = [True]
        if self._runner.repeatable:
            return self._firm_enough(case, trial, self._runner)
        self._seen += [self._invariant in self._runner.run(case).violated for _ in range(AGAIN)]
        near = None
        if self._simulation is not None and self._invariant in self._simulation.run(case).violated:
            self._shrinker = self._simulation
            near = margin(case, self._invariant, self._simulation)
        elif sum(self._seen) >= SOLID:
            self._shrinker, self._most = self._runner, REAL_TRIES
        self._failed.append(Failed(case, trial, near))
        return True

    def _firm_enough(self, case: Case, trial: Trial, simulation: Runner) -> bool:
        """Or else kept in mind, should nothing firmer come."""
        self._shrinker = simulation
        near = margin(case, self._invariant, simulation)
        if near >= FIRM:
            self._failed.append(Failed(case, trial, near))
            return True
        if self._firmest is None or (self._firmest.near or 0) < near:
            self._firmest = Failed(case, trial, near)
        return False

    def _is_firmest(self, case: Case) -> bool:
        if self._firmest is None or case != self._firmest.case:
            return False
        self._failed.append(self._firmest)
        return True

    def _shrinks(self, case: Case) -> bool:
        if self._shrinker is None or self._tries >= self._most:
            return False
        self._tries += 1
        trial = self._shrinker.run(case)
        if self._invariant not in trial.violated:
            return False
        needed, near = self._failed[0].near, None
        if needed is not None:
            at_least = min(needed, FIRM)
            near = margin(case, self._invariant, self._shrinker, at_least=at_least)
            if near < at_least:
                return False
        self._failed.append(Failed(case, trial, near))
        return True
