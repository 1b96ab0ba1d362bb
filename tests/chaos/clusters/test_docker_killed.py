"""Nothing is left in the engine of a session that is killed outright, whenever that is."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from docker import DockerClient

from chaos.clusters.docker.engine import LABEL, OWNER
from reports.directory import RunDirectory

ROOT: Final = Path(__file__).parents[3]
BEGINS_S: Final = 120.0
GONE_S: Final = 40.0  # what the engine was just asked to make has to appear first, and it may have much to do
SCENARIO: Final = """
import pytest
from chaos.faults import crash, latency, pause
from chaos.workload import constant
from tests.chaos.relay import relay

@pytest.mark.chaos
async def test_it_goes_on(experiment):
    faults = [crash("back1").between(0.5, 50), pause("back2").between(0.5, 50), latency("client->front", ms=5).at(0)]
    await experiment(constant(rate=20, seconds=60, inputs=["good"]), faults, system=relay())
"""


@contextmanager
def session(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    (folder / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    (folder / "test_scenario.py").write_text(SCENARIO)
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "chaos"),
            *("--substrate", "docker", "--runs-dir", str(folder / "runs")),
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def belongings(engine: DockerClient, pid: int) -> list[str]:
    """What carries the label of what this process made, networks and volumes too."""
    found = [(each.name, each.labels) for each in engine.containers.list(all=True, ignore_removed=True)]
    found += [(each.name, each.attrs["Labels"]) for each in engine.networks.list(filters={"label": LABEL})]
    found += [(each.name, each.attrs["Labels"]) for each in engine.volumes.list(filters={"label": LABEL})]
    return [str(name) for name, labels in found if (labels or {}).get(OWNER, "").startswith(f"{pid}@")]


def until(condition: Callable[[], object], within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def under_faults(runs: Path) -> bool:
    told = [path.read_text(errors="replace") for path in runs.glob("2*/history.jsonl")]
    return any(each.count('"injected"') >= 2 for each in told)


@pytest.mark.parametrize("moment", ["starting", "under faults"])
def test_nothing_is_left_of_a_session_that_is_killed(moment: str, engine: DockerClient, tmp_path: Path) -> None:
    with session(tmp_path) as running:
        there: Callable[[], object] = (
            (lambda: len(belongings(engine, running.pid)) >= 2)
            if moment == "starting"
            else (lambda: under_faults(tmp_path / "runs"))
        )
        assert until(there, BEGINS_S), running.poll()
        running.kill()
    assert until(lambda: not belongings(engine, running.pid), GONE_S), belongings(engine, running.pid)
    (directory,) = (RunDirectory(path) for path in (tmp_path / "runs").glob("2*"))
    assert directory.read().facts["scenario"] == "it_goes_on"
