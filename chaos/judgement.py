"""A run and what was found about it: the content of verdicts.json, and the same in lines for a terminal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from chaos.invariants import Invariant, judge_all
from reports.lines import undisturbed
from reports.measure import Figures, SteadyState, figures, steady_state
from reports.noise import Noise, noise
from reports.record import Record
from reports.verdict import Finding, Verdict
from reports.windows import FaultWindow

Judge = Invariant | Callable[[Record], Finding]

OF_THE_RUN: Final = "experiment"
"""What a finding is called that no invariant came to: why a run was not judged, broke off, or could not be kept."""

MARKS: Final = {Verdict.HELD: "✔", Verdict.VIOLATED: "✘", Verdict.INCONCLUSIVE: "?"}

WORST_FIRST: Final = (Verdict.VIOLATED, Verdict.INCONCLUSIVE, Verdict.HELD)


@dataclass(frozen=True, slots=True)
class Judgement:
    """`findings` in the order of judging; `judges` are those of them that can be judged again, by position."""

    run: str
    findings: tuple[Finding, ...]
    judges: tuple[Judge | None, ...]
    faults: tuple[FaultWindow, ...]
    figures: Figures
    steady: SteadyState | None
    noise: Noise | None

    @property
    def verdict(self) -> Verdict:
        return Verdict.merge(finding.verdict for finding in self.findings)

    def with_finding(self, finding: Finding) -> "Judgement":
        """The same and one more, of something that happened and cannot be judged again from the record."""
        return replace(self, findings=(*self.findings, finding), judges=(*self.judges, None))

    def to_json(self) -> dict[str, Any]:
        """verdicts.json. `made_by` and `parameters` are what it takes to judge the run again."""
        return {
            "run": self.run,
            "verdict": self.verdict.value,
            "invariants": [
                finding.to_json() | _remaking(judge) for finding, judge in zip(self.findings, self.judges, strict=True)
            ],
            "faults": [window.to_json() for window in self.faults],
            "figures": self.figures.to_json(),
            "steady": None if self.steady is None else self.steady.to_json(),
            "noise": None if self.noise is None else self.noise.to_json(),
        }

    def lines(self) -> list[str]:
        """One for each finding, the worst first."""
        worst_first = sorted(self.findings, key=lambda finding: WORST_FIRST.index(finding.verdict))
        width = max((len(finding.name) for finding in self.findings), default=0)
        return [f"{MARKS[each.verdict]} {each.name:<{width}}  {each.message}" for each in worst_first]


def judge(record: Record, judges: Sequence[Judge], *, run: str) -> Judgement:
    """All of them, whatever any of them finds."""
    with undisturbed():
        return _judgement(record, judge_all(record, judges), tuple(judges), run)


def undecided(record: Record, message: str, *, run: str) -> Judgement:
    """Of a run that was not judged, or could not be."""
    finding = Finding(OF_THE_RUN, Verdict.INCONCLUSIVE, message)
    return _judgement(record, (finding,), (None,), run)


def _judgement(record: Record, findings: tuple[Finding, ...], judges: tuple[Judge | None, ...], run: str) -> Judgement:
    steady = steady_state(record)
    return Judgement(
        run,
        findings,
        judges,
        record.windows,
        figures(record.requests, record.moments),
        steady if isinstance(steady, SteadyState) else None,
        noise(record),
    )


def _remaking(judge: Judge | None) -> dict[str, Any]:
    if not isinstance(judge, Invariant):
        return {}
    return {"made_by": judge.made_by, "parameters": dict(judge.parameters)}
