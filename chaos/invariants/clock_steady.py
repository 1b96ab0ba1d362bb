from __future__ import annotations

from typing import Annotated

from annotated_types import Gt

from chaos.invariants.invariant import invariant
from reports.history import MACHINE
from reports.noise import STEP_S, F
from reports.record import Record
from reports.verdict import Finding, Verdict


@invariant
def clock_steady(record: Record, *, within_s: Annotated[float, Gt(0)] = STEP_S) -> Finding:
    """Nobody set the clock by more than `within_s` while the run went on; if somebody did, the run decides nothing.

    The harness itself measures by a clock that cannot be set. But what systems date, let expire or log by the other one
    is then no longer what it seems, and a machine that slept meanwhile shows here as well.
    """
    steps = {
        op.index: float(op.value["stepped_s"])
        for op in record.history.of(MACHINE, F)
        if op.value is not None and abs(op.value["stepped_s"]) > within_s
    }
    if not steps:
        return Finding("clock_steady", Verdict.HELD, "nobody set the clock")
    largest = max(steps.values(), key=abs)
    message = f"the clock of this machine was set by {largest:+.1f} s while the run went on"
    return Finding("clock_steady", Verdict.INCONCLUSIVE, message, tuple(steps), {"stepped_s": round(largest, 3)})
