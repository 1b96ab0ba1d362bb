from __future__ import annotations

from typing import Annotated

from annotated_types import Gt

from chaos.invariants.invariant import invariant
from reports.measure import quantile
from reports.moments import ascending
from reports.record import Record
from reports.verdict import Finding, Verdict


@invariant
def load_on_time(record: Record, *, within_ms: Annotated[float, Gt(0)] = 250.0) -> Finding:
    """99 of 100 requests were sent within `within_ms` of when they were due; if not, the run decides nothing.

    Latencies count from the due time, so a late load generator would be blamed on the system. The default is generous:
    as late as service may be and still count as recovered (`recovers_within`).
    """
    if not record.requests:
        return Finding("load_on_time", Verdict.INCONCLUSIVE, "no request was asked")
    moments = record.moments
    late_ms = (moments.invoked_s - moments.due_s) * 1000
    scheduled = moments.scheduled
    p99_ms = quantile(ascending(late_ms[scheduled]), 0.99)
    if p99_ms is None:
        return Finding("load_on_time", Verdict.HELD, "the workload sets no times to be late for")
    figures = {"p99_late_ms": round(p99_ms, 3), "within_ms": within_ms}
    if p99_ms <= within_ms:
        return Finding("load_on_time", Verdict.HELD, f"sent {p99_ms:.1f} ms late at the 99th percentile", (), figures)
    return Finding(
        "load_on_time",
        Verdict.INCONCLUSIVE,
        f"the load generator itself was {p99_ms:.0f} ms late at the 99th percentile, {within_ms:g} ms are tolerated",
        tuple(record.requests[at].invoked_op for at in (scheduled & (late_ms > within_ms)).nonzero()[0].tolist()),
        figures,
    )
