from __future__ import annotations

from chaos.invariants.invariant import invariant
from chaos.invariants.wording import count
from reports.record import Record
from reports.verdict import Finding, Verdict


@invariant
def faults_bit(record: Record) -> Finding:
    """Every injected fault has evidence of its effect; without it, whatever else held was not put to the test."""
    windows = record.windows
    figures = {"faults": len(windows), "bit": sum(window.bit is True for window in windows)}
    if not windows:
        return Finding("faults_bit", Verdict.HELD, "no fault was injected", (), figures)
    idle = [window for window in windows if window.bit is not True]
    if idle:
        message = "; ".join(f"no evidence that {window.name} bit: {window.evidence}" for window in idle)
        evidence = tuple(op for window in idle for op in window.ops)
        return Finding("faults_bit", Verdict.INCONCLUSIVE, message, evidence, figures)
    return Finding("faults_bit", Verdict.HELD, f"{count(len(windows), 'fault')}, each seen to bite", (), figures)
