"""Histories written by hand, in the words of a run and in any order; they are sorted by time before anybody reads them.

    run = golden(
        ask(0, at=1.0, expected="POSITIVE"),
        ok(0, at=1.5, request_id="a", output="POSITIVE"),
        window("crash", "worker1", 2.0, 4.0),
    )

Op indices count from 0 in the order of time; what is at the same time stays in the order written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from reports.history import NANOSECONDS, NEMESIS, OBSERVER, History, Op, OpType
from reports.record import Record

WORKERS = ("worker1", "worker2", "worker3")
FACTS: Mapping[str, Any] = {
    "system": {
        "nodes": [{"name": "coordinator", "capacity": 0}, *({"name": name, "capacity": 1} for name in WORKERS)],
        "settings": {"worker_timeout_s": 3.0},
    }
}


@dataclass(frozen=True)
class Draft:
    """An op that does not know its place yet."""

    at: float
    process: int | str
    type: OpType
    f: str
    value: Mapping[str, Any] | None = None
    error: str | None = None


Drafts: TypeAlias = Draft | Iterable[Draft]


def ask(client: int, *, at: float, text: str = "fine", **value: Any) -> Draft:
    """`due_s` and `expected` are written only where they are given."""
    return Draft(at, client, OpType.INVOKE, "infer", {"input": text, **value})


def ok(client: int, *, at: float, **value: Any) -> Draft:
    return Draft(at, client, OpType.OK, "infer", value)


def fail(client: int, *, at: float, error: str = "503", **value: Any) -> Draft:
    return Draft(at, client, OpType.FAIL, "infer", value, error)


def info(client: int, *, at: float, error: str = "timeout", **value: Any) -> Draft:
    return Draft(at, client, OpType.INFO, "infer", value, error)


def served(
    first_client: int, start: float, end: float, *, every: float = 0.1, took: float = 0.02, answer: OpType = OpType.OK
) -> list[Draft]:
    """A request due every `every` seconds in [start, end), each by its own client, back after `took` seconds."""
    drafts = []
    for number in range(round((end - start) / every)):
        due_s = round(start + number * every, 6)
        client = first_client + number
        drafts.append(ask(client, at=due_s, due_s=due_s))
        drafts.append(Draft(round(due_s + took, 6), client, answer, "infer", {"request_id": f"r{client}"}))
    return drafts


def window(
    kind: str,
    target: str,
    injected: float,
    healed: float | None,
    *,
    takes_out: Iterable[str] | None = None,
    bit: bool | None = True,
) -> list[Draft]:
    """One fault; it takes out its target unless told otherwise. `bit=None` is a fault that nobody looked at."""
    fault = f"{kind}-{target}-{injected:g}"
    out = [target] if takes_out is None else list(takes_out)
    drafts = [
        nemesis(injected, "inject", id=fault, kind=kind, target=target, takes_out=out),
        nemesis(injected, "injected", id=fault),
    ]
    if bit is not None:
        drafts.append(nemesis(injected, "evidence", id=fault, bit=bit, evidence="seen" if bit else "nothing changed"))
    if healed is not None:
        drafts += [nemesis(healed, "heal", id=fault), nemesis(healed, "healed", id=fault)]
    return drafts


def nemesis(at: float, f: str, **value: Any) -> Draft:
    return Draft(at, NEMESIS, OpType.INFO, f, value)


def status(*, at: float, submitted: int, completed: int, failed: int = 0, pending: int = 0) -> Draft:
    counts = {"tasks_submitted": submitted, "tasks_completed": completed, "tasks_failed": failed, "pending": pending}
    return Draft(at, OBSERVER, OpType.OK, "status", counts)


def golden(
    *drafts: Drafts,
    facts: Mapping[str, Any] = FACTS,
    schedule: Mapping[str, Any] | None = None,
    logs: Path | None = None,
) -> Record:
    flat = [draft for each in drafts for draft in ([each] if isinstance(each, Draft) else each)]
    in_time = sorted(flat, key=lambda draft: draft.at)
    ops = [
        Op(index, round(draft.at * NANOSECONDS), draft.process, draft.type, draft.f, draft.value, draft.error)
        for index, draft in enumerate(in_time)
    ]
    return Record(facts, History(ops), schedule or {}, logs)
