"""What one client asks for, read from its headers and body; or everything that is wrong with them at once.

Bodies are read here rather than by the framework's default, so that whatever a client can send (invalid UTF-8, lone
surrogates, a megabyte, garbage) ends in complaints that name the field and echo nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from system.coordinator.core.problem import Problem
from system.coordinator.core.refusal import KEY
from system.tracing import traceparent

TIMEOUT: Final = "X-Request-Timeout"

# No NUL anywhere; the validator below says so in words, and the document in these.
NO_NUL: Final = r"^[^\u0000]*$"
KEY_SHAPE: Final = r"^[!-~]{1,255}$"

_KEY: Final = re.compile(rb"[!-~]{1,255}")
# What float() takes besides (`1_0`, `inf`, ` 1`) is no number of seconds.
_SECONDS: Final = re.compile(rb"(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_READ: Final = frozenset({b"x-request-timeout", b"idempotency-key", b"traceparent"})


class InferBody(BaseModel):
    """One input for the model."""

    model_config = ConfigDict(extra="forbid", strict=True)

    input: str = Field(
        min_length=1,
        description="text to classify, without NUL characters",
        json_schema_extra={"pattern": NO_NUL, "example": "an utterly charming film"},
    )

    @field_validator("input")
    @classmethod
    def _no_nul(cls, value: str) -> str:
        if "\0" in value:
            raise ValueError("must not contain NUL characters")
        return value


class NotUnderstood(Exception):
    """What was sent is not as described."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems)
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Ask:
    """`timeout_s` and `key` as the client gave them, None where it did not; `traceparent` is W3C's."""

    text: str
    timeout_s: float | None
    key: str | None
    traceparent: str | None


def read(headers: Iterable[tuple[bytes, bytes]], body: bytes) -> Ask:
    """`headers` with names in lower case. Raises NotUnderstood."""
    problems: list[Problem] = []
    given: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in _READ:
            if name in given and name != b"traceparent":
                problems.append(_of_header(name, "must be there once at most"))
            given[name] = value
    timeout_s = _timeout(given.get(b"x-request-timeout"), problems)
    key = _key(given.get(b"idempotency-key"), problems)
    try:
        text = InferBody.model_validate_json(body).input
    except ValidationError as error:
        # What was sent is left out: it may be a megabyte, or not encodable as JSON at all.
        found = error.errors(include_url=False, include_input=False, include_context=False)
        problems += [Problem(("body", *problem["loc"]), problem["msg"], problem["type"]) for problem in found]
        raise NotUnderstood(problems) from None
    if problems:
        raise NotUnderstood(problems)
    trace = given.get(b"traceparent")
    return Ask(text, timeout_s, key, None if trace is None else traceparent.read(trace.decode("latin-1")))


def _timeout(value: bytes | None, problems: list[Problem]) -> float | None:
    if value is None:
        return None
    seconds = float(value) if _SECONDS.fullmatch(value) else math.nan
    if 0 < seconds < math.inf:
        return seconds
    problems.append(_of_header(b"x-request-timeout", "must be a number of seconds above 0"))
    return None


def _key(value: bytes | None, problems: list[Problem]) -> str | None:
    if value is None:
        return None
    if _KEY.fullmatch(value):
        return value.decode("ascii")
    problems.append(_of_header(b"idempotency-key", "must be 1 to 255 visible ASCII characters"))
    return None


def _of_header(name: bytes, complaint: str) -> Problem:
    return Problem(("header", TIMEOUT if name == b"x-request-timeout" else KEY), complaint, "header")
