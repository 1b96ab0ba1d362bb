"""One run that can be repeated: everything that decides what happens in it, as a value, and JSON both ways.

    Case(bundled(), poisson(rate=20, seconds=8), Schedule.of([crash("worker1").between(2, 3)]), seed=7,
         judges=(no_loss(), answered_once()))

    {"version": 1, "seed": 7, "system": {"made_by": "chaos.bundled:bundled", "parameters": {}},
     "workload": {…}, "schedule": {…}, "invariants": [{"made_by": …, "parameters": {}}]}

A run directory says the same in run.json, schedule.json and verdicts.json.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self, TypeVar

from chaos.invariants import Invariant, remake
from chaos.problems import HarnessProblem
from chaos.recipe import Recipe, recipe_of
from chaos.recipe import remake as remake_system
from chaos.schedule import Schedule
from chaos.system_under_test import Printer, SystemUnderTest
from chaos.workload import Workload
from reports.directory import RunDirectory

T = TypeVar("T")

VERSION: Final = 1


class NoCase(HarnessProblem):
    """What should be repeated is not told completely; the message says everything that is missing or wrong."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(["this run cannot be repeated:", *(f"  - {each}" for each in self.problems)]))


@dataclass(frozen=True, slots=True, repr=False)
class Case:
    """`judges` are what it is held against, besides what every run must show."""

    system: SystemUnderTest
    workload: Workload
    schedule: Schedule
    seed: int
    judges: tuple[Invariant, ...]

    def __repr__(self) -> str:
        """In words: the fields of a system and its client fill pages."""
        return f"<{'; '.join(self.lines())}>"

    def _repr_pretty_(self, printer: Printer, _cycle: bool) -> None:
        """As Hypothesis prints what it drew."""
        printer.text(repr(self))

    def lines(self) -> tuple[str, ...]:
        """What happens in it, for people: who is asked what, then one line for each fault."""
        recipe = self.system.recipe
        given = "" if recipe is None else ", ".join(f"{name}={value!r}" for name, value in recipe.parameters.items())
        return (f"{self.system.name}({given}) under {self.workload}, seed {self.seed}", *self.schedule.lines())

    def to_json(self) -> dict[str, Any]:
        """Raises NoCase where nobody could make the system again."""
        if (recipe := recipe_of(self.system)) is None:
            raise NoCase([f"nobody knows how {self.system.name!r} was made; see chaos.recipe"])
        return {
            "version": VERSION,
            "seed": self.seed,
            "system": recipe.to_json(),
            "workload": self.workload.to_json(),
            "schedule": self.schedule.to_json(),
            "invariants": [{"made_by": each.made_by, "parameters": dict(each.parameters)} for each in self.judges],
        }

    @classmethod
    def from_json(cls, case: Mapping[str, Any]) -> Self:
        """Raises NoCase."""
        if (version := case.get("version")) != VERSION:
            raise NoCase([f"version {version!r} is not known here, only {VERSION}"])
        return cls._read(case)

    @classmethod
    def of_run(cls, directory: RunDirectory) -> Self:
        """The case that a run was. Raises NoCase, or RunDirectoryProblem when there is no run."""
        record, verdicts = directory.read(), directory.read_verdicts() or {}
        system = record.facts.get("system", {})
        return cls._read(
            {
                "seed": record.facts.get("seed"),
                "system": system.get("recipe") or {"name": system.get("name")},
                "workload": record.facts.get("workload"),
                "schedule": record.schedule,
                "invariants": [each for each in verdicts.get("invariants", ()) if "made_by" in each],
            }
        )

    @classmethod
    def _read(cls, case: Mapping[str, Any]) -> Self:
        problems: list[str] = []
        system = _part(problems, case, "system", lambda told: remake_system(Recipe.from_json(told)))
        workload = _part(problems, case, "workload", Workload.from_json)
        schedule = _part(problems, case, "schedule", Schedule.from_json)
        judges = _judges(problems, case.get("invariants"))
        if not isinstance(seed := case.get("seed"), int):
            problems.append(f"seed {seed!r} is not a whole number")
        if problems or system is None or workload is None or schedule is None:
            raise NoCase(problems)
        return cls(system, workload, schedule, int(case["seed"]), judges)


def _part(problems: list[str], case: Mapping[str, Any], name: str, read: Callable[[Mapping[str, Any]], T]) -> T | None:
    if not isinstance(told := case.get(name), dict):
        problems.append(f"{name} {told!r} is not an object")
        return None
    try:
        return read(told)
    except (HarnessProblem, ValueError) as problem:
        problems.append(f"{name}: {problem}")
        return None


def _judges(problems: list[str], told: object) -> tuple[Invariant, ...]:
    if not isinstance(told, list):
        problems.append(f"invariants {told!r} is not a list")
        return ()
    return tuple(_invariants(problems, told))


def _invariants(problems: list[str], told: list[Any]) -> Iterator[Invariant]:
    for each in told:
        try:
            yield remake(each["made_by"], each.get("parameters", {}))
        except (LookupError, TypeError) as problem:
            problems.append(f"invariants: {problem}")
