from __future__ import annotations

from chaos.invariants.invariant import invariant
from chaos.invariants.wording import count
from reports.record import Record
from reports.verdict import Finding, Verdict


@invariant
def faults_bit(record: Record) -> Finding:
    """Every fault of the schedule was injected and has evidence of its effect; else nothing was put to the test."""
    windows = record.windows
    scheduled = max(len(record.schedule.get("faults", ())), len(windows))
    figures = {"faults": scheduled, "bit": sum(window.bit is True for window in windows)}
    if not scheduled:
        return Finding("faults_bit", Verdict.HELD, "no fault was scheduled", (), figures)
    idle = [window for window in windows if window.bit is not True]
    problems = [f"no evidence that {window.name} bit: {window.evidence}" for window in idle]
    if len(windows) < scheduled:
        problems.append(f"{scheduled - len(windows)} of {count(scheduled, 'fault')} never injected")
    if problems:
        evidence = tuple(op for window in idle for op in window.ops)
        return Finding("faults_bit", Verdict.INCONCLUSIVE, "; ".join(problems), evidence, figures)
    return Finding("faults_bit", Verdict.HELD, f"{count(len(windows), 'fault')}, each seen to bite", (), figures)
