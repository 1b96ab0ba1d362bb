"""Fault windows: when each fault was in force, and what shows that it bit.

The nemesis writes, for each fault, ops whose value carries the fault's `id`:

    inject → injected → evidence → heal → healed

A window opens with `inject`, before the fault can have had any effect, and closes with `healed`, after which it can
have none. Ops are joined by id, never by position.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reports.history import NEMESIS, History


@dataclass(frozen=True, slots=True)
class FaultWindow:
    """One fault of one run. `healed_s` is None when the run ended before it was healed.

    `takes_out` names the nodes that cannot serve while it is in force. `bit` is None when nobody looked.
    """

    id: str
    kind: str
    target: str
    injected_s: float
    healed_s: float | None
    bit: bool | None
    evidence: str
    takes_out: tuple[str, ...]
    ops: tuple[int, ...]

    @property
    def name(self) -> str:
        """How a message names it."""
        return f"{self.kind} on {self.target}"

    @property
    def end_s(self) -> float:
        """When it was healed; infinity when it never was."""
        return math.inf if self.healed_s is None else self.healed_s

    def overlaps(self, start_s: float, end_s: float, *, grace_s: float = 0.0) -> bool:
        """Whether it was in force, or healed less than `grace_s` before, at any moment of [start_s, end_s]."""
        return self.injected_s <= end_s and start_s <= self.end_s + grace_s

    def shifted(self, seconds: float) -> FaultWindow:
        """The same on another clock."""
        healed_s = None if self.healed_s is None else self.healed_s + seconds
        return replace(self, injected_s=self.injected_s + seconds, healed_s=healed_s)

    def to_json(self) -> dict[str, Any]:
        """The entry of `faults` in verdicts.json."""
        return {
            "id": self.id,
            "kind": self.kind,
            "target": self.target,
            "injected_s": self.injected_s,
            "healed_s": self.healed_s,
            "bit": self.bit,
            "evidence": self.evidence,
        }


def fault_windows(history: History) -> tuple[FaultWindow, ...]:
    """Every fault that was injected, in the order of injection."""
    by_id: dict[str, list[tuple[float, int, str, Mapping[str, Any]]]] = {}
    for op in history.of(NEMESIS):
        if op.value is not None and "id" in op.value:
            by_id.setdefault(op.value["id"], []).append((op.time_s, op.index, op.f, op.value))
    return tuple(_window(fault_id, ops) for fault_id, ops in by_id.items() if any(f == "inject" for _, _, f, _ in ops))


def _window(fault_id: str, ops: Iterable[tuple[float, int, str, Mapping[str, Any]]]) -> FaultWindow:
    at: dict[str, float] = {}
    said: dict[str, Mapping[str, Any]] = {}
    indices: list[int] = []
    for time_s, index, f, value in ops:
        at[f], said[f] = time_s, value
        indices.append(index)
    inject, evidence = said["inject"], said.get("evidence", {})
    return FaultWindow(
        id=fault_id,
        kind=inject["kind"],
        target=inject["target"],
        injected_s=at["inject"],
        healed_s=at.get("healed"),
        bit=evidence.get("bit"),
        evidence=str(evidence.get("evidence", "nobody looked whether it bit")),
        takes_out=tuple(inject.get("takes_out", ())),
        ops=tuple(indices),
    )
