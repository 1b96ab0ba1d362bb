"""How long a restart takes; every second of it is capacity that a crash costs."""

import time
from statistics import median

import pytest

from tests.worker.running_worker import running_worker


@pytest.mark.bench
async def test_a_worker_serves_within_two_seconds_of_its_start() -> None:
    taken_s = []
    for _ in range(5):
        started = time.monotonic()
        async with running_worker() as worker:
            await worker.line("serving")
            taken_s.append(time.monotonic() - started)

    assert median(taken_s) < 2, f"cold starts took {sorted(round(each, 2) for each in taken_s)} s"
