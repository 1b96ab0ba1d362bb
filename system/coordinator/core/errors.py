"""How a request ends without an answer. Each error knows the HTTP status it is told with."""

from __future__ import annotations

from typing import Any, ClassVar

from system.coordinator.core.request import Request


class NotAdmitted(Exception):
    """Refused at the door: certainly never executed, and the client may come again."""

    status: ClassVar[int] = 503
    kind: ClassVar[str] = "refused"

    def __init__(self, detail: str, retry_after_s: int = 1) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class QueueFull(NotAdmitted):
    def __init__(self, full: str, retry_after_s: int) -> None:
        super().__init__(full, retry_after_s)


class Overloaded(NotAdmitted):
    """More comes than can be answered, and has for a while."""

    def __init__(self, wait_s: float, retry_after_s: int) -> None:
        super().__init__(f"overloaded: a request would wait for {wait_s:.1f} s", retry_after_s)


class TooLate(NotAdmitted):
    """What waits already would take longer than the client is willing to."""

    def __init__(self, wait_s: float, timeout_s: float, retry_after_s: int) -> None:
        super().__init__(f"a request would wait for {wait_s:.1f} s, longer than its {timeout_s:g} s", retry_after_s)


class Draining(NotAdmitted):
    def __init__(self) -> None:
        super().__init__("the coordinator is shutting down")


class Quarantined(NotAdmitted):
    """This text killed workers a while ago."""

    status = 422
    kind = "poison"

    def __init__(self, left_s: int) -> None:
        super().__init__("this input killed the workers that computed it, and is not tried again for a while", left_s)


class RequestFailed(Exception):
    """Admitted, but ended without an answer."""

    status: ClassVar[int] = 500
    kind: ClassVar[str] = "failed"

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
    kind = "refused"

    def __init__(self, request: Request, reason: str) -> None:
        super().__init__(request, f"the model refuses this input: {reason}")


class Poisonous(RequestFailed):
    """It was alone with a worker that died, and so was not the first time."""

    status = 422
    kind = "poison"

    def __init__(self, request: Request, kills: int) -> None:
        super().__init__(request, f"this input killed {kills} workers, one after the other")


class AttemptsExhausted(RequestFailed):
    """Every attempt that was allowed failed."""

    status = 502

    def __init__(self, request: Request) -> None:
        causes = ", ".join(f"{attempt.worker}: {attempt.cause}" for attempt in request.attempts)
        super().__init__(request, f"gave up after {request.costly} failed attempts ({causes})")
