"""How well the load generator keeps its own schedule, and what recording a run costs it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import psutil
import pytest

from chaos.clients.infer_session import connected
from chaos.load import Load
from chaos.machine import Watchman, collecting_little
from chaos.recorder import Recorder
from chaos.system_under_test import Session
from chaos.workload import poisson
from reports.measure import figures, lateness_ms, quantile
from reports.noise import noise
from reports.record import Record

pytestmark = [pytest.mark.bench, pytest.mark.timeout(120)]

RATE = 500
SECONDS = 10.0
LATE_MS = 2.0


class Expecting:
    """The client of a system that nobody knows the answers of."""

    def expected(self, text: str) -> str | None:  # noqa: ARG002 - as the protocol has it
        return None

    def open(self, base_url: str) -> object:
        raise NotImplementedError


@asynccontextmanager
async def answering() -> AsyncIterator[str]:
    """On the last core, where the harness, which takes the first, does not meet it."""
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.answering"), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert server.stdout is not None
    try:
        port = int(await server.stdout.readline())
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(server.pid, {max(os.sched_getaffinity(0))})
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        await server.wait()


async def test_requests_are_sent_when_they_are_due(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with answering() as url, connected(url) as session:
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(cores)})
        try:
            record, busy = await loaded(tmp_path, session)
        finally:
            os.sched_setaffinity(0, cores)
    late, seen, found = lateness_ms(record.requests), noise(record), figures(record.requests)
    p50, p99, worst = (quantile(late.values(), q) or 0.0 for q in (0.5, 0.99, 1))
    assert seen is not None
    with capsys.disabled():
        print(
            f"\n{len(late)} requests at {RATE}/s: sent late by {p50:.2f} ms (median), {p99:.2f} ms (p99),"
            f" {worst:.1f} ms (worst); answered in {found.p50_ms:.2f} ms (median);"
            f" the generator took {busy:.0%} of its core; timers were {seen.delay_p99_ms:.1f} ms late (p99),"
            f" the processor was others' for {seen.steal or 0:.0%} and waited for {seen.waited or 0:.0%} of the time"
        )
    assert found.ok == found.requests
    assert p99 <= LATE_MS


async def loaded(tmp_path: Path, session: Session) -> tuple[Record, float]:
    """The record, and the share of a core that the generator took."""
    with Recorder(tmp_path / "history.jsonl") as recorder:
        load = Load(Expecting(), session, recorder, deadline_s=5.0)  # type: ignore[arg-type]
        watching = asyncio.create_task(Watchman(recorder).watch())
        before = psutil.Process().cpu_times()
        with collecting_little():
            await load.run(poisson(RATE, SECONDS).requests(Random(1)))
        after = psutil.Process().cpu_times()
        watching.cancel()
        await asyncio.wait({watching})
    return Record({}, recorder.history), (after.user + after.system - before.user - before.system) / SECONDS
