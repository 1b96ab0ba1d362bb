"""What is compared: a run, or a folder of runs, on each side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from brownout.run_place import runs_in
from chaos.invariants import recovers_within
from reports.compare import Comparison, Rules, Sample, compare_sets, sample, take_turns
from reports.directory import RunDirectory, RunDirectoryProblem
from reports.record import Record
from reports.seconds import compare_runs
from reports.verdict import Verdict

HOWEVER_LONG_S: Final = 3600.0  # recovery is measured here, not judged
CONTROL: Final = "control of "  # how the runs are called that a scenario makes beside its own


@dataclass(frozen=True, slots=True)
class Side:
    """`record` is there where the side is one run; `undecided` says which of its runs were INCONCLUSIVE, and why."""

    path: Path
    samples: tuple[Sample, ...]
    record: Record | None
    undecided: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """`caution` is what a reader must know of how it was compared."""

    first: Side
    second: Side
    measures: tuple[Comparison, ...]
    caution: str

    @property
    def title(self) -> str:
        return f"A: {_named(self.first)}\nB: {_named(self.second)}"

    def to_json(self) -> dict[str, Any]:
        return {
            "path": str(self.second.path),
            "runs": [len(self.first.samples), len(self.second.samples)],
            "caution": self.caution,
            "measures": [each.to_json() for each in self.measures],
        }


def side(path: Path) -> Side:
    """A run directory, or a folder of them. RunDirectoryProblem where there is neither."""
    if (path / "run.json").exists():
        record = RunDirectory(path).read()
        return Side(path, (_sample(path, record),), record, _undecided(path))
    read = [(each, RunDirectory(each).read()) for each in runs_in(path)]
    own = [(each, record) for each, record in read if not str(record.facts.get("scenario")).startswith(CONTROL)]
    if not own:
        raise RunDirectoryProblem(f"{path} is neither a run directory nor a folder of them")
    return Side(
        path,
        tuple(_sample(each, record) for each, record in own),
        own[0][1] if len(own) == 1 else None,
        tuple(why for each, _ in own for why in _undecided(each)),
    )


def compared(first: Side, second: Side, rules: Rules) -> Compared:
    """Run by run where there are several, else second by second."""
    if first.record is not None and second.record is not None:
        found = compare_runs(first.record, second.record, rules)
        caution = "One run on each side: this is about their seconds, and says nothing about the next two runs."
    else:
        found = compare_sets(first.samples, second.samples, rules)
        paired = take_turns(first.samples, second.samples)
        caution = (
            "The runs took turns and are compared pair by pair."
            if paired
            else "The runs did not take turns: what differs may be the hour as well as the side."
        )
    return Compared(first, second, found, " ".join((caution, *_doubts(first, second))))


def _named(side: Side) -> str:
    return f"{side.path}" + (f" ({len(side.samples)} runs)" if len(side.samples) > 1 else "")


def _doubts(*sides: Side) -> Iterator[str]:
    for name, each in zip("AB", sides, strict=True):
        if each.undecided:
            yield f"Of {name}, {len(each.undecided)} of {len(each.samples)} INCONCLUSIVE: {'; '.join(each.undecided)}."


def _undecided(path: Path) -> tuple[str, ...]:
    """Why the run decided nothing, the first reason of each such run."""
    verdicts = RunDirectory(path).read_verdicts()
    if verdicts is None or verdicts["verdict"] != Verdict.INCONCLUSIVE.value:
        return ()
    reasons = [each for each in verdicts["invariants"] if each["verdict"] == Verdict.INCONCLUSIVE.value]
    return tuple(f"{path.name} ({each['name']}: {each['message']})" for each in reasons[:1])


def _sample(path: Path, record: Record) -> Sample:
    recovered = recovers_within(HOWEVER_LONG_S).judge(record).figures.get("slowest_recovery_s")
    return sample(record, path.name, recovery_s=recovered if isinstance(recovered, int | float) else None)
