from __future__ import annotations

from typing import Annotated

from annotated_types import Ge

from chaos.invariants.invariant import invariant
from chaos.invariants.noise import unless_noisy
from chaos.invariants.wording import count, listing
from reports.history import Request
from reports.measure import quantile
from reports.record import Record
from reports.verdict import Finding, Verdict

WORKER_TIMEOUT_S = 3.0  # where the run does not tell its own
WORKER_TIMEOUTS = 5  # that a request may take which has no deadline of its own


@invariant
def deadline_respected(record: Record, *, slack_s: Annotated[float, Ge(0)] = 0.25) -> Finding:
    """Every request is answered, one way or the other, at most `slack_s` after its deadline.

    Its deadline is the run's `request_timeout_s`, or five times its `worker_timeout_s`, from the moment it was sent. A
    client that saw its connection end got no answer either; only its own patience ends later. The slack is for the way
    there and back on a busy machine.
    """
    requests = record.requests
    if not requests:
        return Finding("deadline_respected", Verdict.INCONCLUSIVE, "no request was asked")
    allowed_s = deadline_s(record)
    took = {each.op: _took_s(record, each) for each in requests}
    late = [each for each in requests if took[each.op] > allowed_s + slack_s]
    figures = {
        "requests": len(requests),
        "late": len(late),
        "deadline_s": allowed_s,
        "p99_s": round(quantile(took.values(), 0.99) or 0.0, 3),
    }
    if not late:
        message = f"{count(len(requests), 'request')}, each answered within {allowed_s:g} s + {slack_s:g} s"
        return Finding("deadline_respected", Verdict.HELD, message, (), figures)
    named = listing([f"{each.label} ({_told(each, took[each.op])})" for each in late])
    message = f"{len(late)} of {count(len(requests), 'request')} later than {allowed_s:g} s + {slack_s:g} s: {named}"
    finding = Finding("deadline_respected", Verdict.VIOLATED, message, tuple(each.op for each in late), figures)
    return unless_noisy(finding, record)


def deadline_s(record: Record) -> float:
    """How long a request may take, in seconds from when it was sent."""
    own = record.settings.get("request_timeout_s")
    if own is not None:
        return float(own)
    return WORKER_TIMEOUTS * float(record.settings.get("worker_timeout_s", WORKER_TIMEOUT_S))


def _took_s(record: Record, request: Request) -> float:
    """Until its answer, or the end of the record where none came."""
    ended_s = record.history.duration_s if request.completed_s is None else request.completed_s
    return ended_s - request.invoked_s


def _told(request: Request, took_s: float) -> str:
    return f"never answered in {took_s:.2f} s" if request.completed is None else f"after {took_s:.2f} s"
