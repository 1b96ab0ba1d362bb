"""A session that is killed outright, again and again, each time at another moment of its life."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Final

import psutil
import pytest

from reports.directory import RunDirectory
from reports.history import OpType
from tests.endurance.conftest import Report
from tests.endurance.test_redirects import repeats

pytestmark = [pytest.mark.endurance, pytest.mark.timeout(1800)]

LATEST_S: Final = 10.0  # into the run: by then the load goes on, worker1 was killed and worker2 stands still
BEGINS_S: Final = 100.0  # of a session, at most, until its run begins
GONE_S: Final = 5.0
SCENARIO: Final = """
import pytest
from chaos.faults import crash, latency, pause
from chaos.workload import poisson

@pytest.mark.chaos
async def test_it_goes_on(experiment):
    faults = [crash("worker1").between(1, 3), pause("worker2").between(2, 30)]
    await experiment(poisson(rate=30, seconds=60), [*faults, latency("coordinator->worker3", ms=50).between(1, 30)])
"""


def marked(mark: str) -> dict[int, str]:
    """Every process that was started with this folder for its temporary files, whoever its parent is now."""
    found: dict[int, str] = {}
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get("TMPDIR") == mark:
                found[process.pid] = " ".join(process.cmdline())
        except psutil.Error:
            continue
    return found


async def test_no_process_outlives_a_session_that_is_killed_and_every_run_is_readable(
    tmp_path: Path, report: Report
) -> None:
    moments = random.Random(4)
    (tmp_path / "test_scenario.py").write_text(SCENARIO)
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    rows: list[str] = []
    orphans: dict[int, str] = {}
    directories = 0
    for number in range(repeats(10)):
        mark = tmp_path / f"tmp{number}"
        mark.mkdir()
        runs = tmp_path / f"runs{number}"
        session = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--runs-dir", str(runs)),
            cwd=tmp_path,
            env={**os.environ, "TMPDIR": str(mark)},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(BEGINS_S):
            while not [*runs.glob("2*")]:
                await asyncio.sleep(0.01)
        moment_s = moments.uniform(0, LATEST_S)
        await asyncio.sleep(moment_s)  # the moment is what is varied, not what is waited for
        assert session.returncode is None
        alive = len(marked(str(mark)))
        session.send_signal(signal.SIGKILL)
        killed = time.monotonic()
        await session.wait()
        while (left := marked(str(mark))) and time.monotonic() - killed < GONE_S:
            await asyncio.sleep(0.02)
        took_s = time.monotonic() - killed
        orphans |= left
        (ops,) = [_ops(each) for each in runs.glob("2*")]
        directories += 1
        rows.append(f"{moment_s:.1f} s into the run: {alive} processes, gone after {took_s:.2f} s, {ops} ops")
    report({"kills": len(rows), "orphans": len(orphans), "readable run directories": directories, "each": rows})
    assert not orphans


def _ops(path: Path) -> int:
    """RunDirectoryProblem when it cannot be read."""
    directory = RunDirectory(path)
    record = directory.read()
    assert record.facts["scenario"] == "it_goes_on"
    assert directory.read_verdicts() is None
    assert all(request.invoked.type is OpType.INVOKE for request in record.requests)
    return len(record.history)
