from __future__ import annotations

from chaos.invariants.invariant import invariant
from chaos.invariants.wording import listing
from reports.history import NEMESIS, Op
from reports.record import Record
from reports.verdict import Finding, Verdict


@invariant
def nodes_stay_up(record: Record) -> Finding:
    """No node ended but by a fault of the schedule; the log of one that did says why."""
    exits = record.history.of(NEMESIS, "exit")
    figures = {"exits": len(exits)}
    if not exits:
        return Finding("nodes_stay_up", Verdict.HELD, "no node ended of itself", (), figures)
    named = listing([_told(op) for op in exits])
    message = f"ended though no fault had ended them: {named}"
    return Finding("nodes_stay_up", Verdict.VIOLATED, message, tuple(op.index for op in exits), figures)


def _told(op: Op) -> str:
    exit_of = op.value or {}
    return f"{exit_of.get('node')} {exit_of.get('state')} at {exit_of.get('at_s', op.time_s):.2f} s"
