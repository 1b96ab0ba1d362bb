"""What the core tells, as plain values: answers and `/status` as clients read them, events as the log has them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from system.coordinator.core.dispatcher import Dispatcher
from system.coordinator.core.ledger import Entry
from system.coordinator.core.member import Member, MemberState
from system.coordinator.core.request import Attempt, Completed, Request
from system.tracing.traceparent import trace_id


def inference(completed: Completed) -> dict[str, Any]:
    return {
        "request_id": completed.request_id,
        "output": completed.answer.output,
        "worker": completed.worker,
        "success": True,
        "retries": completed.retries,
        "score": completed.answer.score,
    }


def status(dispatcher: Dispatcher) -> dict[str, Any]:
    ledger = dispatcher.ledger
    return {
        "workers": [
            {
                "id": member.id,
                "alive": member.alive,
                "tasks_processed": member.tasks_processed,
                "last_seen": None if member.last_seen is None else _iso(member.last_seen),
                "state": member.state,
                "in_flight": sum(len(flight.requests) for flight in member.carried),
            }
            for member in dispatcher.members
        ],
        "tasks_submitted": ledger.submitted,
        "tasks_completed": ledger.completed,
        "tasks_failed": ledger.failed,
        "tasks_retried": ledger.retried,
        "tasks_hedged": ledger.hedged,
        "tasks_refused": ledger.refused,
        "queue_length": len(dispatcher.queue),
        "pending_requests": [
            {
                "id": request.id,
                "input": request.shown,
                "status": request.state,
                "worker": request.worker,
                "timestamp": _iso(request.timestamp),
            }
            for request in ledger.pending
        ],
    }


def ended(entry: Entry) -> dict[str, Any]:
    """As `/recent_requests` has it."""
    return {
        "timestamp": _iso(entry.timestamp),
        "request_id": entry.request_id,
        "input": entry.input,
        "output": entry.output,
        "score": entry.score,
        "worker": entry.worker,
        "success": entry.success,
        "error": entry.error,
        "retries": entry.retries,
        "latency_ms": round(entry.latency_ms, 2),
    }


def ended_line(request: Request, entry: Entry) -> dict[str, Any]:
    """The fields of the log line "request".

    Of each attempt, when it was sent and when it ended, after the request was admitted; `cause` is null if it answered.
    """
    return {
        "request_id": entry.request_id,
        "trace_id": trace_id(request.traceparent),
        "input": entry.input,
        "success": entry.success,
        "worker": entry.worker,
        "latency_ms": round(entry.latency_ms, 2),
        "retries": entry.retries,
        "error": entry.error,
        "attempts": [_attempt_line(request, attempt) for attempt in request.attempts],
    }


def _attempt_line(request: Request, attempt: Attempt) -> dict[str, Any]:
    return {
        "worker": attempt.worker,
        "size": attempt.size,
        "sent_ms": _after_ms(request, attempt.started_at),
        "ended_ms": _after_ms(request, attempt.ended_at),
        "cause": attempt.cause,
    }


def _after_ms(request: Request, at: float | None) -> float | None:
    return None if at is None else round((at - request.accepted_at) * 1000, 2)


def changed_line(member: Member, before: MemberState, reason: str) -> dict[str, Any]:
    """The fields of the log line "membership"."""
    return {"worker": member.id, "state": member.state, "before": before, "reason": reason}


def _iso(timestamp: float) -> str:
    """With milliseconds. A page of requests has thousands of them, within few seconds."""
    # The fraction by itself: as microseconds, so many digits as a time of today has would not all fit into a float.
    second, fraction = divmod(timestamp, 1)
    more, microseconds = divmod(round(fraction * 1_000_000), 1_000_000)
    return f"{_second(int(second) + more)}.{microseconds // 1000:03d}+00:00"


@lru_cache(maxsize=1024)
def _second(since_epoch: int) -> str:
    return datetime.fromtimestamp(since_epoch, UTC).strftime("%Y-%m-%dT%H:%M:%S")
