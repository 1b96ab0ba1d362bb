from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from annotated_types import Ge

from chaos.invariants.invariant import invariant
from chaos.invariants.noise import unless_noisy
from chaos.invariants.wording import count, listing
from reports.history import Request
from reports.measure import quantile
from reports.moments import ascending
from reports.record import Record
from reports.verdict import Finding, Verdict

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WORKER_TIMEOUT_S = 3.0  # where the run does not tell its own
WORKER_TIMEOUTS = 5  # that a request may take which has no deadline of its own


@invariant
def deadline_respected(record: Record, *, slack_s: Annotated[float, Ge(0)] = 0.25) -> Finding:
    """Every request is answered, one way or the other, at most `slack_s` after its deadline.

    Its deadline is the run's `request_timeout_s`, or five times its `worker_timeout_s`, from the moment it was sent. A
    client that saw its connection end got no answer either; only its own patience ends later. The slack is for the way
    there and back on a busy machine. A record that ends while a request is out, and in time, decides nothing.
    """
    requests = record.requests
    if not requests:
        return Finding("deadline_respected", Verdict.INCONCLUSIVE, "no request was asked")
    allowed_s = deadline_s(record)
    took = _took_s(record)
    late = [requests[at] for at in (took > allowed_s + slack_s).nonzero()[0].tolist()]
    figures = {
        "requests": len(requests),
        "late": len(late),
        "deadline_s": allowed_s,
        "p99_s": round(quantile(ascending(took), 0.99) or 0.0, 3),
    }
    if not late and (out := [each for each in requests if each.completed_s is None]):
        message = f"the record ends while {count(len(out), 'request')} may still be answered in time"
        evidence = tuple(each.op for each in out)
        return Finding("deadline_respected", Verdict.INCONCLUSIVE, message, evidence, figures)
    if not late:
        message = f"{count(len(requests), 'request')}, each answered within {allowed_s:g} s + {slack_s:g} s"
        return Finding("deadline_respected", Verdict.HELD, message, (), figures)
    named = listing([f"{each.label} ({_told(record, each)})" for each in late])
    message = f"{len(late)} of {count(len(requests), 'request')} later than {allowed_s:g} s + {slack_s:g} s: {named}"
    finding = Finding("deadline_respected", Verdict.VIOLATED, message, tuple(each.op for each in late), figures)
    return unless_noisy(finding, record)


def deadline_s(record: Record) -> float:
    """How long a request may take, in seconds from when it was sent."""
    own = record.settings.get("request_timeout_s")
    if own is not None:
        return float(own)
    return WORKER_TIMEOUTS * float(record.settings.get("worker_timeout_s", WORKER_TIMEOUT_S))


def _took_s(record: Record) -> NDArray[np.float64]:
    """Until the answer of each request, or the end of the record where none came."""
    import numpy as np  # noqa: PLC0415 - see reports.moments

    moments = record.moments
    ended_s = np.where(np.isnan(moments.completed_s), record.history.duration_s, moments.completed_s)
    return ended_s - moments.invoked_s


def _told(record: Record, request: Request) -> str:
    if request.completed_s is None:
        return f"never answered in {record.history.duration_s - request.invoked_s:.2f} s"
    return f"after {request.completed_s - request.invoked_s:.2f} s"
