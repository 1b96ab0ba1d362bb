"""What noise of the machine makes of a finding about timing (`reports.noise` says why)."""

from __future__ import annotations

from dataclasses import replace
from math import inf

from reports.noise import noise
from reports.record import Record
from reports.verdict import Finding, Verdict


def unless_noisy(finding: Finding, record: Record, start_s: float = 0.0, end_s: float = inf) -> Finding:
    """The same, unless it blames the system for what the machine may have done in that time."""
    if finding.verdict is not Verdict.VIOLATED or (seen := noise(record, start_s, end_s)) is None:
        return finding
    if (why := seen.excuses) is None:
        return finding
    return replace(
        finding, verdict=Verdict.INCONCLUSIVE, message=f"{why}; else this were a violation: {finding.message}"
    )


def spoiled(record: Record, start_s: float, end_s: float) -> str | None:
    """Why what was measured in that time is no baseline; None where it is one."""
    seen = noise(record, start_s, end_s)
    return None if seen is None or seen.spoils_rates is None else f"no steady state: {seen.spoils_rates}"
