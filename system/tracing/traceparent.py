"""W3C trace context, version 00: `00-<trace id>-<id of the span it comes from>-<flags>`, in lower-case hexadecimal."""

from __future__ import annotations

import re
from typing import Final

# Ids of zeros only are no ids. What a future version may append is not read.
_SHAPE: Final = re.compile(
    r"(?!ff)(?P<version>[0-9a-f]{2})-(?!0{32})(?P<trace>[0-9a-f]{32})-(?!0{16})(?P<span>[0-9a-f]{16})-"
    r"(?P<flags>[0-9a-f]{2})(?P<more>-.*)?"
)


def read(header: str | None) -> str | None:
    """The trace context that a header holds, or None: a malformed one counts as none, as the standard asks."""
    match = _SHAPE.fullmatch(header) if header else None
    if match is None or (match["version"] == "00" and match["more"]):
        return None
    return f"00-{match['trace']}-{match['span']}-{match['flags']}"


def sampled(traceparent: str | None) -> bool:
    """Whether who began the trace wants it recorded: if not, its spans need not even be made. For what `read` gave."""
    return traceparent is not None and bool(int(traceparent[-2:], 16) & 1)


def trace_id(traceparent: str | None) -> str | None:
    """The trace that a trace context is of; None for one that is none."""
    match = _SHAPE.fullmatch(traceparent) if traceparent else None
    return match["trace"] if match else None
