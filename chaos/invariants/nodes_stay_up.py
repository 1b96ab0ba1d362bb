from __future__ import annotations

from collections.abc import Mapping

from chaos.clusters.cluster import OUT_OF_MEMORY
from chaos.invariants.invariant import invariant
from chaos.invariants.wording import count, listing
from reports.history import NEMESIS, Op
from reports.record import Record
from reports.verdict import Finding, Verdict


@invariant
def nodes_stay_up(record: Record) -> Finding:
    """No node ended but by a fault of the schedule, or as its supervision expects; the log of one that did says why.

    A node that is killed for want of memory while a fault limits it ends by that fault.
    """
    every = record.history.of(NEMESIS, "exit")
    expected = _expected(record)
    exits = [op for op in every if not (_is_expected(op, expected) or _is_short_of_memory(op, record))]
    figures = {"exits": len(exits), "expected": len(every) - len(exits)}
    if len(exits) < len(every) and not exits:
        message = f"{count(len(every), 'exit')} that supervision or a limit of memory is for, and no other"
        return Finding("nodes_stay_up", Verdict.HELD, message, (), figures)
    if not exits:
        return Finding("nodes_stay_up", Verdict.HELD, "no node ended of itself", (), figures)
    named = listing([_told(op) for op in exits])
    message = f"ended though no fault had ended them: {named}"
    return Finding("nodes_stay_up", Verdict.VIOLATED, message, tuple(op.index for op in exits), figures)


def _expected(record: Record) -> Mapping[str, int]:
    """Node name → the exit code that its supervision is for."""
    nodes = record.facts.get("system", {}).get("nodes", [])
    return {node["name"]: node["supervision"]["code"] for node in nodes if node.get("supervision")}


def _is_expected(op: Op, expected: Mapping[str, int]) -> bool:
    exit_of = op.value or {}
    return exit_of.get("node") in expected and exit_of.get("code") == expected[exit_of["node"]]


def _is_short_of_memory(op: Op, record: Record) -> bool:
    exit_of = op.value or {}
    at_s = exit_of.get("at_s", op.time_s)
    return OUT_OF_MEMORY in exit_of.get("state", "") and any(
        (window.kind, window.target) == ("limit_memory", exit_of.get("node")) and window.overlaps(at_s, at_s)
        for window in record.windows
    )


def _told(op: Op) -> str:
    exit_of = op.value or {}
    return f"{exit_of.get('node')} {exit_of.get('state')} at {exit_of.get('at_s', op.time_s):.2f} s"
