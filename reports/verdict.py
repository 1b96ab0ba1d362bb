"""What judging a run comes to: three values, one rule for merging them, and the findings that carry them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

Figure: TypeAlias = float | int | str | None


class Verdict(StrEnum):
    """INCONCLUSIVE is not a pass: the run did not show what it was made to show."""

    HELD = "HELD"
    VIOLATED = "VIOLATED"
    INCONCLUSIVE = "INCONCLUSIVE"

    @property
    def exit_code(self) -> int:
        return {Verdict.HELD: 0, Verdict.VIOLATED: 1, Verdict.INCONCLUSIVE: 2}[self]

    @staticmethod
    def merge(verdicts: Iterable[Verdict]) -> Verdict:
        """VIOLATED > INCONCLUSIVE > HELD; of nothing at all, INCONCLUSIVE, for nothing was judged."""
        seen = set(verdicts)
        for worst in (Verdict.VIOLATED, Verdict.INCONCLUSIVE, Verdict.HELD):
            if worst in seen:
                return worst
        return Verdict.INCONCLUSIVE


@dataclass(frozen=True, slots=True)
class Finding:
    """One invariant's verdict on one run.

    `message` is one or two sentences for a tired person; `evidence` holds op indices, or ids where no op exists;
    `figures` the numbers behind the message, each with its unit in its name. `promise` is what the invariant asks for,
    in a sentence; it says nothing about the run.
    """

    name: str
    verdict: Verdict
    message: str
    evidence: tuple[int | str, ...] = ()
    figures: Mapping[str, Figure] = field(default_factory=dict)
    promise: str = field(default="", compare=False, repr=False)

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "verdict": self.verdict.value,
            "message": self.message,
            "evidence": list(self.evidence),
            "figures": dict(self.figures),
            **({"promise": self.promise} if self.promise else {}),
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Finding:
        return cls(
            name=fields["name"],
            verdict=Verdict(fields["verdict"]),
            message=fields["message"],
            evidence=tuple(fields["evidence"]),
            figures=fields["figures"],
            promise=fields.get("promise", ""),
        )
