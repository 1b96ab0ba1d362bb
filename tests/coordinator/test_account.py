"""What the core tells, as clients read it."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from system.coordinator.core.account import ended
from system.coordinator.core.ledger import Entry

BEGIN, END = 0, 4_000_000_000


@given(st.floats(BEGIN, END) | st.integers(BEGIN, END))
def test_a_time_is_told_in_utc_with_milliseconds(timestamp: float) -> None:
    told = ended(Entry(timestamp, "a", "fine", "POSITIVE", 0.9, "worker1", None, 0, 1.0))["timestamp"]
    expected = datetime.fromtimestamp(timestamp, UTC)
    assert len(told) == len("2026-01-17T09:31:04.123+00:00")
    read = datetime.fromisoformat(told)
    assert 0 <= (expected - read).total_seconds() < 0.001001


def test_a_time_is_told_as_python_tells_it() -> None:
    for timestamp in (0.0, 1.0, 1768642264.1234, 1768642264.9996, 1768642264.9999996):
        expected = datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="milliseconds")
        assert ended(Entry(timestamp, "a", "", None, None, None, "late", 0, 1.0))["timestamp"] == expected
