"""The requests of a run that are worth a look: those that evidence points at, those that fared worst, the slowest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from reports.record import Record
from reports.request_columns import FAIL, INFO
from reports.verdict import Finding


@dataclass(frozen=True, slots=True)
class Notable:
    """One request, by the op that evidence points at, and why it is here."""

    op: int
    why: str


def notable(record: Record, findings: Iterable[Finding], *, slowest: int = 10, most: int = 60) -> tuple[Notable, ...]:
    """Each request once, with the first reason it has: evidence, unknown, failed, retried, slow."""
    columns = record.columns
    why: dict[int, str] = {}
    for finding in findings:
        for evidence in finding.evidence:
            if len(why) < most and isinstance(evidence, int) and (row := columns.row(evidence)) is not None:
                why.setdefault(row, f"evidence of {finding.name}")
    for outcome, word in ((INFO, "unknown"), (FAIL, "failed")):
        for row in np.flatnonzero(columns.outcome == outcome)[:most].tolist():
            why.setdefault(row, word)
    retried = np.flatnonzero(columns.retries > 0)
    for row in retried[np.argsort(-columns.retries[retried], kind="stable")][:most].tolist():
        times = int(columns.retries[row])
        why.setdefault(row, f"retried {times} times" if times > 1 else "retried once")
    answered = np.flatnonzero(columns.answered)
    for row in answered[np.argsort(-columns.ms[answered], kind="stable")][:slowest].tolist():
        why.setdefault(row, f"slow: {columns.ms[row]:,.0f} ms")
    return tuple(Notable(int(columns.op[row]), reason) for row, reason in list(why.items())[:most])
