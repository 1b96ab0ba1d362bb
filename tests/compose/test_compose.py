"""`docker compose up`, as the README has it: it serves, survives its workers, and leaves nothing behind."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import urlopen

import pytest

from chaos.processes.ports import PortReservation
from tests.compose.project import Project, until

pytestmark = [pytest.mark.compose, pytest.mark.timeout(900)]

WITHIN_S = 60.0
ERASE = "\x1b[2K"  # Compose 2.26 begins each line of a log with it, terminal or not


@contextmanager
def running(profile: str = "", **environment: str) -> Iterator[Project]:
    with PortReservation() as reserved, PortReservation() as live:
        project = Project(f"brownout-test-{reserved.port}", reserved.port, live.port, profile, environment)
        try:
            project.up(wait=profile != "chaos")  # whose workers end at any time
            yield project
        finally:
            project.down()


@pytest.fixture(scope="module")
def calm() -> Iterator[Project]:
    with running() as project:
        yield project


def summary(project: Project) -> dict[str, int]:
    """The figures at the client's end."""
    logged = project.compose("logs", "--no-log-prefix", "client").replace(ERASE, "")
    _, _, said = logged.rpartition("load ")
    return {name: int(figure) for name, figure in re.findall(r"^(sent|answered|failed) +(\d+)", said, re.MULTILINE)}


def test_it_answers_and_three_workers_serve(calm: Project) -> None:
    answer = calm.infer("a wonderful film")
    assert (answer["output"], answer["success"]) == ("POSITIVE", True)
    assert [(each["id"], each["alive"]) for each in calm.get("/status")["workers"]] == [
        ("worker1", True),
        ("worker2", True),
        ("worker3", True),
    ]


def test_its_live_page_is_there(calm: Project) -> None:
    with urlopen(f"http://127.0.0.1:{calm.dashboard_port}/", timeout=20) as page:
        assert b"<title>" in page.read()


def test_nobody_in_it_is_root_or_writes_to_its_image_and_only_this_machine_reaches_it(calm: Project) -> None:
    containers = calm.containers()
    assert set(containers) == {"coordinator", "worker1", "worker2", "worker3", "dashboard", "client"}
    for service, each in containers.items():
        uid = calm.compose("exec", "-T", service, "python", "-c", "import os; print(os.getuid())")
        assert (each["Config"]["User"], uid.strip()) == ("10001:10001", "10001"), service
        assert each["HostConfig"]["ReadonlyRootfs"], service
        assert each["HostConfig"]["CapDrop"] == ["ALL"], service
        bindings = (each["HostConfig"]["PortBindings"] or {}).values()
        assert {binding["HostIp"] for bound in bindings for binding in bound} <= {"127.0.0.1"}, service


@pytest.mark.parametrize("service", ["coordinator", "worker1", "dashboard", "client"])
def test_an_image_holds_no_compiler_no_installer_and_no_test(calm: Project, service: str) -> None:
    image = calm.containers()[service]["Image"]
    listing = (
        "import importlib.util as u, pathlib, shutil, sys;"
        "print([m for m in ('ensurepip', 'pip', 'pytest', 'chaos', 'tests') if u.find_spec(m)]"
        " + [p for p in ('gcc', 'cc', 'pip', 'pip3', 'uv') if shutil.which(p)]"
        " + [str(p) for name in ('pip', 'pip-*') for p in pathlib.Path('/usr').rglob(name)]"
        " + [str(p) for p in pathlib.Path(sys.prefix).rglob('tests')])"
    )
    found = subprocess.run(
        ["docker", "run", "--rm", "--network", "none", image, "python", "-c", listing],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert found.stdout.strip() == "[]"


def test_a_worker_that_is_killed_comes_back_and_costs_the_client_nothing(calm: Project) -> None:
    before = calm.containers()["worker2"]["RestartCount"]
    calm.kill_a_worker("worker2")
    until(lambda: calm.containers()["worker2"]["RestartCount"] > before, within_s=WITHIN_S)
    until(lambda: all(each["alive"] for each in calm.get("/status")["workers"]), within_s=WITHIN_S)
    sent = calm.get("/status")["tasks_submitted"]
    until(lambda: calm.get("/status")["tasks_completed"] >= sent + 40, within_s=WITHIN_S)
    status = calm.get("/status")
    assert status["tasks_failed"] == 0


def test_with_crashes_on_the_bursty_client_loses_nothing() -> None:
    """Crashes are drawn; that none of some two hundred batches ends in one happens once in a billion times."""
    with running("chaos", CRASH_RATE="0.1", MAX_DELAY="0.5", BURSTS="30") as project:
        until(lambda: project.containers()["client"]["State"]["Status"] == "exited", within_s=5 * WITHIN_S)
        containers = project.containers()
        told = summary(project)
        status = project.get("/status")
    assert sum(each["RestartCount"] for name, each in containers.items() if "troubled" in name) > 0
    assert status["tasks_retried"] > 0
    assert told == {"sent": 600, "answered": 600, "failed": 0}
    assert status["tasks_failed"] == 0
    assert containers["client"]["State"]["ExitCode"] == 0
