from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from annotated_types import Ge

from chaos.invariants.invariant import invariant
from chaos.invariants.wording import count, listing
from reports.record import Record
from reports.verdict import Finding, Verdict


@invariant
def queue_bounded(record: Record, limit: Annotated[int, Ge(0)], *, samples: Annotated[int, Ge(1)] = 3) -> Finding:
    """No sample of `/status` has a `queue_length` above `limit`. Fewer than `samples` that tell one decide nothing."""
    lengths = {
        op: (time_s, length) for time_s, op, status in record.statuses if (length := _length(status)) is not None
    }
    longest = max((length for _, length in lengths.values()), default=0)
    figures = {"samples": len(lengths), "longest": longest, "limit": limit}
    over = {op: sample for op, sample in lengths.items() if sample[1] > limit}
    if over:
        named = listing([f"{length} at {time_s:.2f} s" for time_s, length in over.values()])
        message = f"more than {limit} waited in {count(len(over), 'sample')}: {named}"
        return Finding("queue_bounded", Verdict.VIOLATED, message, tuple(over), figures)
    if len(lengths) < samples:
        message = f"{count(len(lengths), 'sample')} of the queue's length, {samples} are needed"
        return Finding("queue_bounded", Verdict.INCONCLUSIVE, message, (), figures)
    return Finding("queue_bounded", Verdict.HELD, f"at most {longest} waited, {limit} may", (), figures)


def _length(status: Mapping[str, Any]) -> int | None:
    length = status.get("queue_length")
    return length if isinstance(length, int) else None
