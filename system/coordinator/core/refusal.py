"""What a client is told when there is no answer: the same for every error of a kind, by its class and status.

4xx tell what is wrong with which field (`detail` is a list of problems); 5xx what went wrong here (a sentence).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from system.coordinator.core.errors import NotAdmitted, RequestFailed
from system.coordinator.core.idempotency import KeyReused, StillRunning
from system.coordinator.core.problem import Problem, told

INPUT: Final = ("body", "input")
KEY: Final = "Idempotency-Key"

Refusing = NotAdmitted | RequestFailed | KeyReused | StillRunning
"""Every way in which the core gives no answer."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An HTTP status, a body as JSON, and headers."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


def refusal(error: Refusing) -> Refusal:
    match error:
        case NotAdmitted():
            detail = told([Problem(INPUT, str(error), error.kind)]) if error.status < 500 else {"detail": str(error)}
            return Refusal(error.status, detail, {"Retry-After": str(error.retry_after_s)})
        case RequestFailed():
            detail = told([Problem(INPUT, error.detail, error.kind)]) if error.status < 500 else {}
            return Refusal(error.status, error.to_json() | detail)
        case KeyReused():
            return Refusal(error.status, told([Problem(("header", KEY), str(error), error.kind)]))
        case StillRunning():
            running = told([Problem(("header", KEY), str(error), "running")])
            return Refusal(error.status, running, {"Retry-After": "1"})
