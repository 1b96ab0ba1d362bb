"""What came of running a case once, and who runs cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from chaos.case import Case
from reports.record import Record
from reports.verdict import Finding, Verdict


@dataclass(frozen=True, slots=True)
class Trial:
    """`directory` is where the run was kept, if it was."""

    record: Record
    findings: tuple[Finding, ...]
    directory: Path | None = None

    @property
    def verdict(self) -> Verdict:
        return Verdict.merge(finding.verdict for finding in self.findings)

    @property
    def violated(self) -> tuple[str, ...]:
        """The names of the invariants that did not hold, in the order of judging."""
        return tuple(finding.name for finding in self.findings if finding.verdict is Verdict.VIOLATED)

    @property
    def undecided(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.verdict is Verdict.INCONCLUSIVE)


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs cases on one substrate. `repeatable`: the same case always comes to the same."""

    substrate: str
    run: Callable[[Case], Trial]
    repeatable: bool
