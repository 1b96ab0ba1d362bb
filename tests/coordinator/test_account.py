"""What the core tells, as clients read it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from system.coordinator.core.account import ended
from system.coordinator.core.ledger import Entry

BEGIN, END = 0, 4_000_000_000


@given(st.floats(BEGIN, END) | st.integers(BEGIN, END))
@example(1793401924.5209994)  # 521 ms where all of it is rounded at once
def test_a_time_is_told_in_utc_with_milliseconds_as_python_tells_it(timestamp: float) -> None:
    told = ended(Entry(timestamp, "a", "fine", "POSITIVE", 0.9, "worker1", None, 0, 1.0))["timestamp"]
    assert told == datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="milliseconds")


@pytest.mark.parametrize("timestamp", [0.0, 1.0, 1768642264.1234, 1768642264.9996, 1768642264.9999996])
def test_a_failure_is_told_with_its_time_as_well(timestamp: float) -> None:
    told = ended(Entry(timestamp, "a", "", None, None, None, "late", 0, 1.0))["timestamp"]
    assert told == datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="milliseconds")
