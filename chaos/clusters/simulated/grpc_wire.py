"""What travels on a gRPC connection between coordinator and worker: whole messages, no bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from system.coordinator.core.worker import Answer, Item, ItemRefused

PREFACE: Final = object()
"""The first that a client sends."""
SETTINGS: Final = object()
"""What a server answers to it; before that, the client takes no connection for one."""

FRAMES: Final = 60  # bytes of a message that are not its texts, about


class Status(StrEnum):
    """gRPC's codes but for OK."""

    CANCELLED = "CANCELLED"
    UNKNOWN = "UNKNOWN"
    INVALID_ARGUMENT = "INVALID_ARGUMENT"
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    PERMISSION_DENIED = "PERMISSION_DENIED"
    RESOURCE_EXHAUSTED = "RESOURCE_EXHAUSTED"
    FAILED_PRECONDITION = "FAILED_PRECONDITION"
    ABORTED = "ABORTED"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    UNIMPLEMENTED = "UNIMPLEMENTED"
    INTERNAL = "INTERNAL"
    UNAVAILABLE = "UNAVAILABLE"
    DATA_LOSS = "DATA_LOSS"
    UNAUTHENTICATED = "UNAUTHENTICATED"


@dataclass(slots=True)
class Infer:
    """`timeout_s` is gRPC's own, which travels with the call."""

    call: int
    items: Sequence[Item]
    timeout_s: float


@dataclass(slots=True)
class HealthCheck:
    call: int


@dataclass(slots=True)
class Cancel:
    call: int


@dataclass(slots=True)
class Inferred:
    call: int
    outcomes: Sequence[Answer | ItemRefused]


@dataclass(slots=True)
class Begun:
    """The turn of a batch has come: the header `brownout-begun: yes`."""

    call: int


@dataclass(slots=True)
class Told:
    """The answer to a health check; see `system.coordinator.core.worker.Health`."""

    call: int
    ok: bool
    instance: str
    crash_rate: float


@dataclass(slots=True)
class Failed:
    """`executed` is False where the worker says that it certainly was not: the trailer `brownout-executed: no`."""

    call: int
    status: Status
    details: str
    executed: bool = True


Message = Any
"""Any of the above; the two markers have no type of their own."""


def size_of(items: Sequence[Item]) -> int:
    """Of a batch on the wire, in bytes, about."""
    return FRAMES + sum(len(item.text) + 50 for item in items)
