"""How long it takes to judge a run again, from its directory to the verdict, and how that grows with the run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from chaos.invariants import Invariant
from chaos.judgement import judge
from chaos.rejudge import unjudged
from reports.directory import RunDirectory
from tests.bench.big_run import everything, write_big_run

OPS = 1_000_000
MOST_S = 10.0
MOST_MB = 1500.0
PROGRAM = """
import resource, sys
from brownout.cli import main
try:
    main()
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


@dataclass(frozen=True)
class Cost:
    seconds: float
    cpu_s: float
    megabytes: float

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s ({self.cpu_s:.1f} s of CPU), {self.megabytes:.0f} MB"


def cost_of_judging(run: RunDirectory) -> Cost:
    """Of a process of its own."""
    before, began = os.times(), time.monotonic()
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM, "judge", str(run.path)], capture_output=True, text=True, check=False
    )
    after, seconds = os.times(), time.monotonic() - began
    assert told.returncode == 0, told.stdout + told.stderr
    cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(seconds, cpu_s, int(told.stderr.splitlines()[-1]) / 1000)


def big_run(folder: Path, ops: int, by: Sequence[Invariant]) -> RunDirectory:
    """One that says by what it was judged, without having been: it takes as long as judging it."""
    directory = write_big_run(folder, ops)
    judged = judge(write_big_run(folder / "small", 5_000).read(), by, run=directory.name)
    directory.write_verdicts(judged.to_json())
    return directory


@pytest.mark.bench
@pytest.mark.timeout(600)
@pytest.mark.parametrize("by", [unjudged, everything])
def test_a_million_ops_are_judged_in_seconds_and_in_time_in_proportion(
    by: Callable[[], Sequence[Invariant]], tmp_path: Path
) -> None:
    fewer = cost_of_judging(big_run(tmp_path, OPS // 4, by()))
    all_of_them = cost_of_judging(big_run(tmp_path, OPS, by()))
    print(f"\n{len(by())} invariants, {OPS // 4:,} ops: {fewer}; {OPS:,} ops: {all_of_them}")
    assert all_of_them.cpu_s <= 6 * fewer.cpu_s
    assert all_of_them.megabytes <= MOST_MB
    assert all_of_them.seconds <= MOST_S
