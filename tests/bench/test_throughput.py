"""Requests per second of the running system beside what the bare model could do, in turns within one run."""

from __future__ import annotations

import os
import statistics
from pathlib import Path

import pytest

from tests.bench.bare import bare_rate
from tests.bench.closed_loop import closed_loop_rate
from tests.coordinator.running import running_system

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]

WORKERS = 2
CONNECTIONS = (8, 32)
SECONDS = 5.0
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))


async def test_throughput_beside_the_bare_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Prints the ratios; asserts only that nothing failed, for what a noisy machine reaches is not a promise."""
    rows: dict[int, list[tuple[float, float, float, float]]] = {connections: [] for connections in CONNECTIONS}
    async with running_system(tmp_path, workers=WORKERS) as system:
        host, _, port = system.url.removeprefix("http://").partition(":")
        for _ in range(ROUNDS):
            for connections in CONNECTIONS:
                before = await bare_rate(WORKERS, SECONDS / 2)
                served = await closed_loop_rate(host, int(port), connections, SECONDS)
                # Half of the limit is measured before and half after, so that a machine that slows down hits both.
                bare = (before + await bare_rate(WORKERS, SECONDS / 2)) / 2
                assert served["failed"] == 0
                rows[connections].append((served["rps"], bare, served["p50_ms"], served["p99_ms"]))
    with capsys.disabled():
        print(f"\n{WORKERS} workers, {os.cpu_count()} cores; medians of {ROUNDS} rounds (lowest to highest)")
        for connections, measured in rows.items():
            ratios = sorted(rps / bare for rps, bare, _, _ in measured)
            rps, bare, p50, p99 = (statistics.median(column) for column in zip(*measured, strict=True))
            print(
                f"{connections:3} connections: {rps:.0f}/s beside {bare:.0f}/s bare: ratio "
                f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}), "
                f"p50 {p50:.0f} ms, p99 {p99:.0f} ms"
            )
