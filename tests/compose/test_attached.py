"""The scenarios themselves against a Compose project that is up: the same verdicts, and the project is given back."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from chaos.processes.ports import PortReservation
from reports.directory import RunDirectory
from tests.compose.project import ROOT, Project

pytestmark = [pytest.mark.compose, pytest.mark.timeout(900)]

SESSION_S: Final = 600.0
NODES: Final = ("coordinator", "worker1", "worker2", "worker3")
TROUBLED: Final = ("coordinator", "troubled-worker1", "troubled-worker2", "troubled-worker3")
BUSY: Final = {"BATCH_SIZE": "8", "BATCH_TIMEOUT": "0", "CRASH_RATE": "0", "MAX_DELAY": "0.2"}


@contextmanager
def running(profile: str, services: tuple[str, ...], **environment: str) -> Iterator[Project]:
    with PortReservation() as reserved, PortReservation() as live:
        project = Project(f"brownout-test-{reserved.port}", reserved.port, live.port, profile, environment)
        try:
            project.up(*services)
            yield project
        finally:
            project.down()


@pytest.fixture(scope="module")
def calm() -> Iterator[Project]:
    with running("", NODES, BATCH_SIZE="3") as project:
        yield project


def session(project: str, runs: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "chaos"),
            *("--substrate", f"compose:{project}", "--runs-dir", str(runs), *arguments),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SESSION_S,
        check=False,
    )


def verdicts(runs: Path) -> dict[str, Any]:
    """By scenario, without controls."""
    directories = [RunDirectory(path) for path in sorted(runs.glob("2*"))]
    told = {str(each.read_facts()["scenario"]): each.read_verdicts() for each in directories}
    return {scenario: verdict for scenario, verdict in told.items() if not scenario.startswith("control")}


def test_scenarios_hold_against_a_project_that_is_up_and_it_is_given_back(calm: Project, tmp_path: Path) -> None:
    before = calm.containers()
    done = session(calm.name, tmp_path, "scenarios/test_no_fault.py", "scenarios/test_paused_worker.py")
    assert done.returncode == 0, done.stdout
    told = verdicts(tmp_path)
    assert [each["verdict"] for each in told.values()] == ["HELD", "HELD"]
    (pause,) = told["a_paused_worker_holds_up_nothing"]["faults"]
    assert "worker3 is paused (container started" in pause["evidence"]
    for directory in map(RunDirectory, tmp_path.glob("2*")):
        assert directory.read_facts()["substrate"] == f"compose:{calm.name}"
        assert {f"{node}.log" for node in NODES} <= {path.name for path in directory.logs.iterdir()}
    after = calm.containers()
    assert {name: each["Id"] for name, each in after.items()} == {name: each["Id"] for name, each in before.items()}
    assert {each["State"]["Status"] for each in after.values()} == {"running"}
    assert calm.infer("a wonderful film")["output"] == "POSITIVE"


def test_a_worker_that_crashes_in_a_project_costs_nothing(tmp_path: Path) -> None:
    with running("chaos", TROUBLED, **BUSY) as project:
        done = session(project.name, tmp_path, "scenarios/test_worker_crash.py")
    assert done.returncode == 0, done.stdout
    (told,) = verdicts(tmp_path).values()
    assert told["verdict"] == "HELD"
    assert ["by SIGKILL" in each["evidence"] for each in told["faults"]] == [True, True]


def test_what_cannot_be_done_to_a_project_decides_nothing_and_says_why(calm: Project, tmp_path: Path) -> None:
    done = session(calm.name, tmp_path, "scenarios/test_slow_link.py", "scenarios/test_worker_crash.py")
    assert done.returncode == 1, done.stdout
    slow, crash = verdicts(tmp_path).values()
    assert [slow["verdict"], crash["verdict"]] == ["INCONCLUSIVE", "INCONCLUSIVE"]
    assert "coordinator→worker2 has no proxy in a Compose project" in slow["invariants"][0]["message"]
    assert "coordinator has BATCH_SIZE=3; the scenario takes BATCH_SIZE=8" in crash["invariants"][0]["message"]


def test_a_project_that_is_not_up_is_no_reason_to_skip(tmp_path: Path) -> None:
    done = session("nosuchproject", tmp_path, "scenarios/test_no_fault.py")
    assert "no Compose project is called 'nosuchproject'; `docker compose ls` says which are up" in done.stdout
    assert "1 error" in done.stdout
    assert done.returncode == 1


def test_a_project_is_not_for_several_processes(calm: Project, tmp_path: Path) -> None:
    done = session(calm.name, tmp_path, "-n2", "scenarios/test_no_fault.py")
    assert "several processes cannot share: leave -n out" in done.stdout
    assert done.returncode == 1
