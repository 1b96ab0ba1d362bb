"""What a process needs of a tracer."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol


class Kind(StrEnum):
    """Which side of a call a span is, if of any."""

    SERVER = "server"
    CLIENT = "client"
    INTERNAL = "internal"


class Span(Protocol):
    """A stretch of time that has begun. `traceparent` is what names it as a parent, also in another process."""

    @property
    def traceparent(self) -> str: ...

    def note(self, attributes: Attributes) -> None: ...

    def end(self, at: float, failure: str | None = None) -> None:
        """`failure` is why it did not do what it was for."""
        ...


Attributes = Mapping[str, str | int | float | bool]


class Tracer(Protocol):
    """Times are in seconds since the epoch, so that the spans of several processes meet."""

    def start(self, name: str, kind: Kind, parent: str | None, at: float, attributes: Attributes) -> Span:
        """A span under `parent`, or the first one of a trace of its own."""
        ...

    def close(self) -> bool:
        """Send what is left, for a bounded time. Returns whether all of it was sent or refused by then."""
        ...
