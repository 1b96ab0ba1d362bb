"""A session that is killed outright, again and again, each time at another moment of its life."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Final

import psutil
import pytest

from reports.directory import RunDirectory
from reports.history import OpType
from tests.endurance.conftest import Report
from tests.endurance.test_redirects import repeats

pytestmark = [pytest.mark.endurance, pytest.mark.timeout(1800)]

WHOLE_S: Final = 300.0  # of a session, at most
GONE_S: Final = 5.0
LOOK_S: Final = 0.002
MOST_MISSED: Final = 20  # sessions that end before their moment comes, which one on a quieter machine had lasted to
NAME: Final = "it_goes_on"
FAULTS: Final = 3
SCENARIO: Final = f"""
from contextlib import suppress

import pytest
from chaos.faults import crash, latency, pause
from chaos.standard import standard
from chaos.workload import poisson

@pytest.mark.chaos
async def test_{NAME}(experiment):
    with suppress(AssertionError):  # on a busy machine
        await experiment.control(poisson(rate=30, seconds=2))
    faults = [crash("worker1").between(1, 5), pause("worker2").between(1.5, 4)]
    run = await experiment(
        poisson(rate=30, seconds=7), [*faults, latency("coordinator->worker3", ms=50).between(1, 4)]
    )
    run.holds(*standard())
"""


class Stage(StrEnum):
    """Of a session's life, as its files tell it from outside; in order."""

    START = "start"
    CONTROL = "control run"
    CLUSTER = "cluster start"
    LOAD = "load"
    FAULTS = "faults in force"
    HEALING = "healing"
    AFTER = "load and teardown after healing"
    JUDGING = "judging"
    REPORTING = "reporting"


class Session:
    """One pytest, and what it leaves; every process of it has `mark` for its temporary files, whoever its parent is."""

    def __init__(self, process: asyncio.subprocess.Process, runs: Path, mark: str) -> None:
        self.process = process
        self.runs = runs
        self._mark = mark

    @property
    def over(self) -> bool:
        return self.process.returncode is not None

    def stage(self) -> Stage:
        own = [path for path in self.runs.glob("2*") if path.name.endswith(NAME)]
        if not own:
            return Stage.CONTROL if [*self.runs.glob("2*")] else Stage.START
        (path,) = own
        if (path / "verdicts.json").exists():
            return Stage.REPORTING
        if (path / "history.parquet").exists():
            return Stage.JUDGING
        history = path / "history.jsonl"
        return self._under_way(history.read_bytes() if history.exists() else b"")

    def _under_way(self, history: bytes) -> Stage:
        if history.count(b'"f":"healed"') == FAULTS:
            return Stage.AFTER
        if b'"f":"heal"' in history:
            return Stage.HEALING
        if b'"f":"injected"' in history:
            return Stage.FAULTS
        return Stage.LOAD if b'"f":"infer"' in history else Stage.CLUSTER

    def marked(self) -> dict[int, str]:
        found: dict[int, str] = {}
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.status() != psutil.STATUS_ZOMBIE and process.environ().get("TMPDIR") == self._mark:
                    found[process.pid] = " ".join(process.cmdline())
        return found


@asynccontextmanager
async def session(folder: Path, name: str) -> AsyncIterator[Session]:
    mark = folder / f"tmp-{name}"
    mark.mkdir()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--runs-dir", str(folder / f"runs-{name}")),
        cwd=folder,
        env={**os.environ, "TMPDIR": str(mark)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield Session(process, folder / f"runs-{name}", str(mark))
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def stages_s(session: Session) -> Mapping[Stage, float]:
    """How long each stage of a session lasts that nobody kills."""
    seen = dict.fromkeys(Stage, 0.0)
    async with asyncio.timeout(WHOLE_S):
        last = time.monotonic()
        while not session.over:
            stage = session.stage()
            await asyncio.sleep(LOOK_S)
            now = time.monotonic()
            seen[stage] += now - last
            last = now
    return {stage: seen[stage] for stage in Stage if seen[stage]}


async def test_no_process_outlives_a_session_that_is_killed_and_every_run_is_readable(
    tmp_path: Path, report: Report
) -> None:
    moments = random.Random(4)
    (tmp_path / "test_scenario.py").write_text(SCENARIO)
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    async with session(tmp_path, "whole") as whole:
        lasts_s = await stages_s(whole)
    rows: list[str] = []
    orphans: dict[int, str] = {}
    read = missed = 0
    while len(rows) < repeats(10) and missed < MOST_MISSED:
        # Each stage in its turn, and some moment of it: the short ones would never be met by chance.
        stage = list(lasts_s)[len(rows) % len(lasts_s)]
        after_s = moments.uniform(0, lasts_s[stage])
        async with session(tmp_path, f"{len(rows)}-{missed}") as killed:
            await _until(killed, stage)
            await asyncio.sleep(after_s)  # the moment is what is varied, not what is waited for
            if killed.over:
                missed += 1
                continue
            met, alive = killed.stage(), len(killed.marked())
            killed.process.send_signal(signal.SIGKILL)
            began = time.monotonic()
            await killed.process.wait()
            while (left := killed.marked()) and time.monotonic() - began < GONE_S:
                await asyncio.sleep(0.02)
            took_s = time.monotonic() - began
        orphans |= left
        ops = [_ops(path) for path in sorted(killed.runs.glob("2*"))]
        read += len(ops)
        rows.append(f"{met}: {alive} processes, gone after {took_s:.2f} s, runs of {ops} ops")
    report(
        {
            "stages_s": {str(stage): round(seconds, 2) for stage, seconds in lasts_s.items()},
            "kills": len(rows),
            "over before they were killed": missed,
            "orphans": len(orphans),
            "readable run directories": read,
            "each": rows,
        }
    )
    assert not orphans
    assert len(rows) == repeats(10)
    assert set(lasts_s) >= {*Stage} - {Stage.HEALING, Stage.JUDGING, Stage.REPORTING}  # which may pass unseen


async def _until(session: Session, stage: Stage) -> None:
    """That stage has begun, or a later one, if it was too short to be seen."""
    order = list(Stage)
    async with asyncio.timeout(WHOLE_S):
        while not session.over and order.index(session.stage()) < order.index(stage):
            await asyncio.sleep(LOOK_S)


def _ops(path: Path) -> int:
    """RunDirectoryProblem when it cannot be read."""
    directory = RunDirectory(path)
    record = directory.read()
    assert record.facts["scenario"] in (NAME, "control of poisson(rate=30, seconds=2)")
    assert (directory.read_verdicts() or {}).get("verdict") in (None, "HELD", "INCONCLUSIVE", "VIOLATED")
    assert all(request.invoked.type is OpType.INVOKE for request in record.requests)
    return len(record.history)
