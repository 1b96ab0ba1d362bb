"""How a request ends without an answer. Each error knows the HTTP status it is told with."""

from __future__ import annotations

from typing import Any, ClassVar

from system.coordinator.core.request import Request


class NotAdmitted(Exception):
    """Refused at the door: certainly never executed, and the client may come again."""

    status: ClassVar[int] = 503

    def __init__(self, detail: str, retry_after_s: int = 1) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class QueueFull(NotAdmitted):
    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} requests are waiting already")


class Draining(NotAdmitted):
    def __init__(self) -> None:
        super().__init__("the coordinator is shutting down")


class RequestFailed(Exception):
    """Admitted, but ended without an answer."""

    status: ClassVar[int] = 500

    def __init__(self, request: Request, detail: str) -> None:
        super().__init__(detail)
        self.request = request
        self.detail = detail

    def to_json(self) -> dict[str, Any]:
        return {
            "detail": self.detail,
            "request_id": self.request.id,
            "retries": self.request.retries,
            "workers_tried": [attempt.worker for attempt in self.request.attempts],
        }


class DeadlinePassed(RequestFailed):
    status = 504

    def __init__(self, request: Request) -> None:
        super().__init__(request, "Inference request timed out")


class Abandoned(RequestFailed):
    def __init__(self, request: Request) -> None:
        super().__init__(request, "the coordinator stopped before there was an answer")


class InputRefused(RequestFailed):
    """Workers computed its batch mates but refused this input, each time it was tried."""

    status = 422

    def __init__(self, request: Request, reason: str) -> None:
        super().__init__(request, f"the model refuses this input: {reason}")
