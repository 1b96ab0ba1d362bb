"""What it costs to look at scenarios without running them."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.bench, pytest.mark.timeout(120)]

PROJECT = Path(__file__).parents[2]
WITHIN_S = 1.5


def test_scenarios_are_collected_quickly(capsys: pytest.CaptureFixture[str]) -> None:
    command = (sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", "chaos", "scenarios")
    subprocess.run(command, cwd=PROJECT, check=True, capture_output=True)  # the first one compiles
    walls, cores = [], []
    for _ in range(5):
        began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, cwd=PROJECT, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        walls.append(time.perf_counter() - began)
        cores.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    with capsys.disabled():
        print(f"\ncollecting all scenarios: {min(walls):.2f} s at best, {min(cores):.2f} s of processor time")
    assert min(walls) < WITHIN_S
