"""Trace context as it travels."""

from __future__ import annotations

import pytest

from system.tracing import traceparent

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"
GOOD = f"00-{TRACE}-{SPAN}-01"


def test_a_good_header_is_taken_as_it_is() -> None:
    assert traceparent.read(GOOD) == GOOD
    assert traceparent.trace_id(GOOD) == TRACE


def test_what_a_future_version_appends_is_not_read() -> None:
    assert traceparent.read(f"01-{TRACE}-{SPAN}-01-and-more") == GOOD


@pytest.mark.parametrize(("flags", "wanted"), [("00", False), ("01", True), ("02", False), ("ff", True)])
def test_the_lowest_flag_says_whether_a_trace_is_recorded(flags: str, wanted: bool) -> None:
    assert traceparent.sampled(f"00-{TRACE}-{SPAN}-{flags}") is wanted


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "hello",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01\n",
    ],
)
def test_a_malformed_header_counts_as_none(header: str | None) -> None:
    assert traceparent.read(header) is None
    if header != f"00-{TRACE}-{SPAN}-01-more":
        assert traceparent.trace_id(header) is None
