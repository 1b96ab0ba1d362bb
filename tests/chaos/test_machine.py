"""The watchman notes what the machine does, by clocks and counters that a test may turn."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest

from chaos.machine import Readings, Watchman, this_machine
from chaos.recorder import Recorder
from reports.history import MACHINE
from reports.noise import F, noise
from reports.record import Record

CALM = Readings(at_s=0.0, clock_s=1000.0, stolen_s=5.0, total_s=50.0, waited_s=1.0)
AFTER = Readings(at_s=2.0, clock_s=1000.5, stolen_s=5.5, total_s=54.0, waited_s=1.5)


async def test_late_timers_and_shares_of_counters_are_noted(tmp_path: Path) -> None:
    readings = iter([CALM, AFTER])
    with Recorder(tmp_path / "history.jsonl") as recorder:
        watching = asyncio.create_task(Watchman(recorder, lambda: next(readings, AFTER)).watch(every_s=0.005))
        await asyncio.sleep(0.02)
        time.sleep(0.1)  # noqa: ASYNC251 - what a busy harness or a machine without a core to spare looks like
        async with asyncio.timeout(60):
            while not len(recorder):
                await asyncio.sleep(0.005)
        watching.cancel()
        await asyncio.wait({watching})
    (first, *_) = recorder.history.of(MACHINE, F)
    assert first.value is not None
    assert max(first.value["delays_ms"]) >= 90
    assert len(first.value["delays_ms"]) == 20
    assert (first.value["steal"], first.value["waited"], first.value["stepped_s"]) == (0.125, 0.25, 0.5)
    found = noise(Record({}, recorder.history))
    assert found is not None
    assert found.lost > 0.2


async def test_what_a_short_run_saw_is_noted_at_its_end_and_unknown_counters_stay_unknown(tmp_path: Path) -> None:
    blind = replace(CALM, stolen_s=None, waited_s=None)
    with Recorder(tmp_path / "history.jsonl") as recorder:
        watching = asyncio.create_task(Watchman(recorder, lambda: blind).watch(every_s=0.001))
        await asyncio.sleep(0.01)
        watching.cancel()
        await asyncio.wait({watching})
    op = recorder.history.of(MACHINE, F)[-1]
    assert op.value is not None
    assert (op.value["steal"], op.value["waited"]) == (None, None)


def test_this_machine_has_counters_that_only_grow() -> None:
    first, second = this_machine(), this_machine()
    assert second.at_s >= first.at_s
    assert second.total_s >= first.total_s > 0
    assert second.clock_s == pytest.approx(first.clock_s, abs=0.5)
