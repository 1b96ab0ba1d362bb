"""What a worker is to the core, and the ways in which asking it can fail."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol


class Cause(StrEnum):
    """Why an attempt gave no answer. `causes.RULES` says what follows from each."""

    NOT_SENT = "not_sent"  # no connection: certainly not executed
    NOT_SERVING = "not_serving"  # the worker said that it is starting or draining: certainly not executed
    CUT = "cut"  # the connection broke under it: may have been executed
    SILENT = "silent"  # the worker stopped answering health checks: may still answer
    TOO_SLOW = "too_slow"  # WORKER_TIMEOUT passed: may still be executing
    REFUSED = "refused"  # the worker answered, with an error
    OVERTAKEN = "overtaken"  # another worker answered first; never raised by a worker
    NOBODY_WAITS = "nobody_waits"  # the client left or its time was over; never raised by a worker


class AttemptFailed(Exception):
    """A whole batch, or a health check, came to nothing.

    `begun` is False where the worker would have said that it begins to compute the batch, and had not: whatever ended
    it was not in there.
    """

    def __init__(self, cause: Cause, reason: str, *, begun: bool = True) -> None:
        super().__init__(f"{cause}: {reason}")
        self.cause = cause
        self.reason = reason
        self.begun = begun


class Item(NamedTuple):
    """One request as a worker sees it. Nobody wants its answer after `timeout_s`; `traceparent` is W3C's."""

    request_id: str
    text: str
    timeout_s: float = math.inf
    traceparent: str | None = None


class Answer(NamedTuple):
    """What the model said. `score` is its confidence in `output`, 0..1; None from a worker that gives none."""

    output: str
    score: float | None = None


class ItemRefused(NamedTuple):
    """The worker computed the batch but not this item of it."""

    reason: str


class Health(NamedTuple):
    """What a worker says of itself.

    `instance` names its process; None from a worker that does not tell. `crash_rate` is the share of its batches that
    it was told to die of, whatever is in them.
    """

    instance: str | None = None
    crash_rate: float = 0.0


class Worker(Protocol):
    """Both calls raise AttemptFailed, and nothing else, when the worker does not do what it was asked."""

    async def infer(self, items: Sequence[Item], timeout_s: float) -> Sequence[Answer | ItemRefused]:
        """One outcome per item, in the order of the items. Nobody wants them after `timeout_s`."""
        ...

    async def check(self, timeout_s: float) -> Health:
        """Return when the worker says it is serving. No answer within `timeout_s` is Cause.SILENT."""
        ...
