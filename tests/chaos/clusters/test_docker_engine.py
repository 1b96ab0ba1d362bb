"""What becomes of a run whose engine is missing, refuses, or stops in the middle: a message with its mend, no verdict
that accuses the system, and nothing left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

import orjson
import psutil
import pytest
from docker import DockerClient

from chaos.clusters.cluster import ClusterProblem, Killable, MemoryLimitable
from chaos.clusters.docker import reaper
from chaos.clusters.docker.cluster import DockerCluster
from chaos.clusters.docker.engine import LABEL, EngineMissing, connect
from chaos.processes.ports import PortReservation
from reports.directory import RunDirectory
from tests.chaos.clusters.engine import Engine, engine_of_ones_own
from tests.chaos.clusters.test_docker import left
from tests.chaos.relay import SERVICE, back, relay, with_node

ROOT: Final = Path(__file__).parents[3]
BROWNOUT: Final = Path(sys.executable).with_name("brownout")
NOBODY: Final = 65534
SESSION_S: Final = 120.0
SCENARIO: Final = """
import pytest
from chaos.workload import constant
from tests.chaos.relay import relay

@pytest.mark.chaos
async def test_it_goes_on(experiment):
    (await experiment(constant(rate=20, seconds=90, inputs=["good"]), system=relay())).holds()
"""


def until(condition: Callable[[], object], within_s: float = SESSION_S) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.1)


@pytest.fixture
def own() -> Iterator[Engine]:
    with engine_of_ones_own() as own:
        own.load(str(relay().node("front").image))
        yield own


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    path = tmp_path / "test_scenario.py"
    path.write_text(SCENARIO)
    return path


def swept_by(own: Engine) -> list[int]:
    """The reapers that have not done with it yet: they look more than once."""
    found: list[int] = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if reaper.__name__ in process.cmdline() and process.environ().get("DOCKER_HOST") == own.host:
                found.append(process.pid)
    return found


def brownout_run(scenario: Path, runs: Path) -> list[str]:
    return [str(BROWNOUT), "run", str(scenario), "--substrate", "docker", "--runs-dir", str(runs), "--json"]


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may do everything; who is not root already is somebody who may not."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_an_engine_that_this_user_may_not_use_says_how_to_be_allowed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as door:
        monkeypatch.chdir(tmp_path)
        door.bind("s")  # the name of a socket has to be short
        door.listen()
        Path("s").chmod(0)
        monkeypatch.setenv("DOCKER_HOST", "unix://s")
        with as_nobody(), pytest.raises(EngineMissing, match=r"may not use it: .*\n  sudo usermod .*docker"):
            connect()


@pytest.mark.parametrize("host", ["tcp://192.0.2.1:2375", "192.0.2.1:2375", "ssh://me@engine.invalid"])
def test_an_engine_of_another_machine_is_refused_with_what_to_do(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By nobody's answer, for none of these would come."""
    monkeypatch.setenv("DOCKER_HOST", host)
    with pytest.raises(EngineMissing, match=r"another machine's(?s:.)*run the harness there"):
        connect()


@pytest.mark.parametrize("host", ["tcp://127.0.0.1:1", "tcp://localhost:1", "tcp://[::1]:1"])
def test_an_engine_of_this_machine_may_be_reached_by_a_port(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)
    with pytest.raises(EngineMissing, match=r"no Docker engine answers(?s:.)*leads nowhere"):
        connect()


def test_an_engine_that_a_context_names_is_the_one_that_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    nowhere = f"unix://{tmp_path}/nobody"
    context = tmp_path / "contexts" / "meta" / sha256(b"mine").hexdigest() / "meta.json"
    context.parent.mkdir(parents=True)
    context.write_bytes(orjson.dumps({"Name": "mine", "Metadata": {}, "Endpoints": {"docker": {"Host": nowhere}}}))
    (tmp_path / "config.json").write_text('{"currentContext": "mine"}')
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONTEXT", "mine")
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    with pytest.raises(EngineMissing, match=rf"{nowhere} leads nowhere, which DOCKER_HOST or `docker context` names"):
        connect()


def test_without_an_engine_a_command_ends_with_3_and_says_why(scenario: Path, tmp_path: Path) -> None:
    nowhere = f"unix://{tmp_path}/nobody"
    done = subprocess.run(
        brownout_run(scenario, tmp_path / "runs"),
        env={**os.environ, "DOCKER_HOST": nowhere, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=SESSION_S,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert f"{nowhere} leads nowhere" in " ".join(done.stderr.split())


class Stolen(PortReservation):
    """A port that somebody else listens on by the time that its container starts."""

    def __enter__(self) -> Self:
        super().__enter__()
        self._thief = socket.socket()
        self._thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._thief.bind(("127.0.0.1", self.port))
        self._thief.listen()
        return self

    def __exit__(self, *how: object) -> None:
        self._thief.close()
        super().__exit__(*how)  # type: ignore[arg-type]


async def test_a_port_that_is_taken_is_named_with_what_to_do(
    engine: DockerClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("chaos.clusters.docker.cluster.PortReservation", Stolen)
    cluster = DockerCluster(relay(), logs=tmp_path)
    with pytest.raises(ClusterProblem, match=r"127\.0\.0\.1:\d+.*(?s:.)*took that port.*run this again"):
        await cluster.__aenter__()
    assert left(engine, cluster.label) == []


async def test_a_command_that_its_image_does_not_have_is_named(engine: DockerClient, tmp_path: Path) -> None:
    cluster = DockerCluster(with_node(relay(), replace(back("back1"), command=("nosuchprogram",))), logs=tmp_path)
    with pytest.raises(ClusterProblem, match=r"back1: exited .* while starting(?s:.)*nosuchprogram"):
        await cluster.__aenter__()
    assert left(engine, cluster.label) == []


HUNGRY: Final = f"""
import pathlib, runpy
first = pathlib.Path("/tmp/first")
if first.exists():
    x = b"x" * 400_000_000
first.touch()
runpy.run_path("{SERVICE.name}", run_name="__main__")
"""


async def test_a_node_that_has_not_memory_enough_to_start_is_said_to_have_too_little(
    engine: DockerClient, tmp_path: Path
) -> None:
    hungry = replace(back("back1"), command=("{python}", "-S", "-c", HUNGRY, "{host}:{port}"))
    cluster = DockerCluster(with_node(relay(), hungry), logs=tmp_path)
    async with cluster:
        node = cluster.nodes["back1"]
        assert isinstance(node, MemoryLimitable)
        assert isinstance(node, Killable)
        await node.limit_memory(20)
        await node.kill()
        with pytest.raises(ClusterProblem, match="out of memory with the 20 MiB that it may have, while starting"):
            await node.start()
    assert left(engine, cluster.label) == []


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["stops", "dies"])
def test_an_engine_that_ends_in_the_middle_decides_nothing_and_nothing_is_left_in_it(
    how: signal.Signals, own: Engine, scenario: Path, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    command = own.inside(*brownout_run(scenario, runs))
    environment = {**own.environment, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as session:
        until(
            lambda: session.poll() is not None or any(each.stat().st_size > 2000 for each in runs.glob("2*/history.*"))
        )
        own.stop(how)
        told, said = session.communicate(timeout=SESSION_S)
    assert session.returncode == 2, said.decode()
    assert orjson.loads(told)["verdict"] == "INCONCLUSIVE"
    (directory,) = (RunDirectory(path) for path in runs.glob("2*"))
    (finding,) = (directory.read_verdicts() or {})["invariants"]
    assert "docker info" in finding["message"]
    assert len(directory.read().requests) > 5
    own.start()
    with closing(own.client()) as client:
        until(lambda: not left(client, LABEL))
        until(lambda: not swept_by(own))  # without an engine it would wait for one
