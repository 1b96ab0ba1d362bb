"""What is usual, held against the plain definition of it."""

from __future__ import annotations

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from system.coordinator.core.pace import Pace

REMEMBERED = 5
FORGET = None
TIMES_S = st.lists(st.one_of(st.sampled_from([0.1, 0.2, 0.3]), st.floats(0, 10), st.just(FORGET)), max_size=30)


@given(TIMES_S, st.floats(0, 1))
def test_a_quantile_is_that_of_the_last_batches(times_s: list[float | None], share: float) -> None:
    pace, last = Pace(REMEMBERED), deque[float](maxlen=REMEMBERED)
    for batch_s in times_s:
        if batch_s is FORGET:
            pace.forget()
            last.clear()
        else:
            pace.observe(batch_s, 1, 1)
            last.append(batch_s)
        assert len(pace) == len(last)
        if last:
            assert pace.quantile(share) == sorted(last)[min(len(last) - 1, int(share * len(last)))]
        else:
            assert pace.quantile(share) is None
