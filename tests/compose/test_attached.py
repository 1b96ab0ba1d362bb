"""The scenarios themselves against a Compose project that is up: the same verdicts, and the project is given back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from chaos.processes.ports import PortReservation
from reports.directory import RunDirectory
from tests.compose.project import ROOT, Project, until

pytestmark = [pytest.mark.compose, pytest.mark.timeout(900)]

BROWNOUT: Final = Path(sys.executable).with_name("brownout")
SESSION_S: Final = 600.0
SERVES_S: Final = 30.0
NODES: Final = ("coordinator", "worker1", "worker2", "worker3")
TROUBLED: Final = ("coordinator", "troubled-worker1", "troubled-worker2", "troubled-worker3")
AGAIN: Final = ("--reruns", "1", "--only-rerun", "Inconclusive: INCONCLUSIVE")  # where the machine was too noisy
BUSY: Final = {"BATCH_SIZE": "8", "BATCH_TIMEOUT": "0", "CRASH_RATE": "0", "MAX_DELAY": "0.2"}

UNBROKEN: Final = """
import pytest
from chaos.invariants import no_loss
from chaos.workload import constant

@pytest.mark.chaos
async def test_it_goes_on(experiment):
    (await experiment(constant(rate=10, seconds=15))).holds(no_loss())
"""


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


def command(project: str, runs: Path, *arguments: str) -> list[str]:
    return [
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "chaos"),
        *("--substrate", f"compose:{project}", "--runs-dir", str(runs), *arguments),
    ]


def session(project: str, runs: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(project, runs, *arguments),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SESSION_S,
        check=False,
    )


def verdicts(runs: Path) -> dict[str, Any]:
    """By scenario, of the last of its runs, without controls."""
    directories = [RunDirectory(path) for path in sorted(runs.glob("2*"))]
    told = {str(each.read_facts()["scenario"]): each.read_verdicts() for each in directories}
    return {scenario: verdict for scenario, verdict in told.items() if not scenario.startswith("control")}


def test_scenarios_hold_against_a_project_that_is_up_and_it_is_given_back(calm: Project, tmp_path: Path) -> None:
    before = calm.containers()
    done = session(calm.name, tmp_path, *AGAIN, "scenarios/test_no_fault.py", "scenarios/test_paused_worker.py")
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
    until(calm.serves, within_s=SERVES_S)  # it was started anew
    assert calm.infer("a wonderful film")["output"] == "POSITIVE"


def test_a_worker_that_crashes_in_a_project_costs_nothing(tmp_path: Path) -> None:
    with running("chaos", TROUBLED, **BUSY) as project:
        done = session(project.name, tmp_path, *AGAIN, "scenarios/test_worker_crash.py")
    assert done.returncode == 0, done.stdout
    (told,) = verdicts(tmp_path).values()
    assert told["verdict"] == "HELD"
    assert ["by SIGKILL" in each["evidence"] for each in told["faults"]] == [True, True]


def test_a_worker_that_the_engine_starts_again_is_seen_to_have_ended(calm: Project, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    (tmp_path / "test_scenario.py").write_text(UNBROKEN)
    runs = tmp_path / "runs"
    with subprocess.Popen(command(calm.name, runs), cwd=tmp_path, stdout=subprocess.PIPE, text=True) as running:
        until(lambda: running.poll() is not None or begun(runs), within_s=SESSION_S)
        calm.kill_a_worker("worker2")
        told, _ = running.communicate(timeout=SESSION_S)
    assert running.returncode == 1, told
    found = {each["name"]: each for each in verdicts(runs)["it_goes_on"]["invariants"]}
    assert found["nodes_stay_up"]["verdict"] == "VIOLATED"
    assert "worker2 exited (begun anew by the engine at " in found["nodes_stay_up"]["message"]


def test_a_project_is_one_sessions_at_a_time_and_a_run_is_taken_back_to_it(calm: Project, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    (tmp_path / "test_scenario.py").write_text(UNBROKEN)
    runs, others = tmp_path / "runs", tmp_path / "others"
    with subprocess.Popen(command(calm.name, runs, *AGAIN), cwd=tmp_path, stdout=subprocess.PIPE, text=True) as first:
        until(lambda: first.poll() is not None or begun(runs), within_s=SESSION_S)
        second = subprocess.run(command(calm.name, others), cwd=tmp_path, capture_output=True, text=True, check=False)
        told, _ = first.communicate(timeout=SESSION_S)
    assert first.returncode == 0, told
    assert second.returncode == 1, second.stdout
    (found,) = verdicts(others)["it_goes_on"]["invariants"]
    assert found["verdict"] == "INCONCLUSIVE"
    assert f"another session has the Compose project {calm.name} now" in found["message"]
    replay = [str(BROWNOUT), "replay", "latest", "--runs-dir", str(runs), "--json"]
    again = subprocess.run(replay, cwd=tmp_path, capture_output=True, timeout=SESSION_S, check=False)
    assert json.loads(again.stdout)["substrate"] == f"compose:{calm.name}", again.stderr


def begun(runs: Path) -> bool:
    return any(each.stat().st_size > 2000 for each in runs.glob("2*/history.jsonl"))


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
