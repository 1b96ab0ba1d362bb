"""What a machine can do to a run: a full disk, a stolen port, a proxy that hangs, children of children left behind."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from chaos.clusters.cluster import Phase
from chaos.clusters.local.cluster import LocalCluster
from chaos.experiment import Experiment
from chaos.faults import crash
from chaos.invariants import no_loss
from chaos.laboratory import Laboratory
from chaos.problems import HarnessProblem
from chaos.processes.keeper import Keeper
from chaos.processes.ports import PortReservation, listener
from chaos.processes.process import OsProcess
from chaos.run import Inconclusive, Run
from chaos.substrate import Substrate, launcher
from chaos.system_under_test import SystemUnderTest
from chaos.workload import constant
from reports.directory import RunDirectory
from reports.verdict import Verdict
from tests.chaos.relay import relay
from tests.polling import until

SHORT = constant(rate=40, seconds=1, inputs=["good"])
QUIET = constant(rate=10, seconds=600, inputs=["good"])
WITHOUT_END = constant(rate=100, seconds=600, inputs=["good"])


@pytest.fixture
def laboratory(tmp_path: Path) -> Laboratory:
    launch = launcher(Substrate.LOCAL, Console(stderr=True))
    return Laboratory("local", launch, runs=tmp_path / "runs", seed=1, provenance={})


@pytest.fixture
def experiment(laboratory: Laboratory) -> Experiment:
    return Experiment(laboratory, scenario="any", test="test_any.py::test_any", replay="pytest …")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own."""
    path = tmp_path / "disk"
    path.mkdir()
    mounted = subprocess.run(
        ("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(path)), capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"a disk of a size of its own takes root: {mounted.stderr.strip()}")
    yield path
    subprocess.run(("umount", "--lazy", str(path)), check=True)


def gone(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    return True


def only_directory(runs: Path) -> RunDirectory:
    (path,) = (path for path in runs.iterdir() if not path.is_symlink())
    return RunDirectory(path)


def message(run: Run) -> str:
    assert run.verdict is Verdict.INCONCLUSIVE
    return run.message()


async def test_a_disk_that_fills_up_is_inconclusive_and_what_came_before_is_readable(
    laboratory: Laboratory, small_disk: Path
) -> None:
    laboratory = replace(laboratory, runs=small_disk / "runs")
    experiment = Experiment(laboratory, scenario="any", test="any", replay="pytest …")
    with pytest.raises(Inconclusive, match=r"cannot write the history .*: No space left on device"):
        await experiment(WITHOUT_END, system=relay())
    (run,) = experiment.runs
    assert "No space left on device" in message(run)
    record = only_directory(laboratory.runs).read()
    assert len(record.requests) > 100
    assert record.facts["scenario"] == "any"


async def test_a_verdict_that_cannot_be_kept_is_no_pass_and_is_told(laboratory: Laboratory, small_disk: Path) -> None:
    experiment = Experiment(replace(laboratory, runs=small_disk), scenario="any", test="any", replay="pytest …")
    run = await experiment(SHORT, system=relay())
    with suppress(OSError), (small_disk / "filler").open("wb") as filler:
        while True:
            filler.write(bytes(1000))
    with pytest.raises(Inconclusive, match=r"could not be kept: .*verdicts.json: No space left(?s:.)*✔ no_loss"):
        run.holds(no_loss())
    experiment.conclude(None)


async def test_a_runs_directory_that_is_read_only_is_said_before_anything_starts(
    laboratory: Laboratory, small_disk: Path
) -> None:
    remounted = await asyncio.create_subprocess_exec("mount", "-o", "remount,ro", str(small_disk))
    assert await remounted.wait() == 0
    experiment = Experiment(replace(laboratory, runs=small_disk), scenario="any", test="any", replay="pytest …")
    with pytest.raises(HarnessProblem, match=r"the run cannot be kept: .*: Read-only file system"):
        await experiment(SHORT, system=relay())


async def test_a_proxy_that_hangs_is_not_blamed_on_the_system(
    experiment: Experiment, laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chaos.toxiproxy.server.SILENCES", 1)
    running = asyncio.create_task(experiment(QUIET, system=relay()))
    await until(lambda: any(path.stat().st_size > 2000 for path in laboratory.runs.glob("2*/history.jsonl")))
    (server,) = (child for child in psutil.Process().children() if "toxiproxy" in " ".join(child.cmdline()))
    server.suspend()
    # Which of them notices first, the pulse or whoever waits for the edges to carry bytes, is a matter of milliseconds.
    with pytest.raises(
        Inconclusive, match=r"toxiproxy-server hangs: 1 call without an answer|proxy is silent|no answer"
    ):
        await running
    assert gone(server.pid)
    content = only_directory(laboratory.runs).read_verdicts()
    assert content is not None
    assert content["verdict"] == "INCONCLUSIVE"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing says who listens on a port")
async def test_a_port_that_somebody_took_while_its_node_was_down_is_not_blamed_on_the_system(
    laboratory: Laboratory,
) -> None:
    """The thief answers the readiness probe, so that the node seems to be back."""
    clusters: list[LocalCluster] = []

    @asynccontextmanager
    async def launch(system: SystemUnderTest, logs: Path, *, seed: int) -> AsyncIterator[LocalCluster]:
        async with laboratory.launch(system, logs, seed=seed) as cluster:
            assert isinstance(cluster, LocalCluster)
            clusters.append(cluster)
            yield cluster

    experiment = Experiment(replace(laboratory, launch=launch), scenario="any", test="any", replay="pytest …")
    running = asyncio.create_task(experiment(WITHOUT_END, [crash("back1").between(0.1, 4)], system=relay()))
    await until(lambda: bool(clusters))
    back1 = clusters[0].nodes["back1"]
    async with asyncio.timeout(60):
        while (await back1.state()).phase is not Phase.EXITED:
            await asyncio.sleep(0.01)
    host, _, port = clusters[0].direct("back1").partition(":")
    thief = await asyncio.start_server(say_yes, host, int(port), reuse_address=True)
    async with thief:
        with pytest.raises(Inconclusive, match=rf"port {port} of back1 was taken by pid {os.getpid()} \(.*\)"):
            await running


async def say_yes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    writer.close()


def test_who_listens_is_found_but_not_who_only_reserves() -> None:
    with PortReservation() as reserved:
        assert listener(reserved.port, beside=0) is None
        with closing(socket.socket()) as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", reserved.port))
            other.listen()
            assert str(listener(reserved.port, beside=0)).startswith(f"pid {os.getpid()} (")
            assert listener(reserved.port, beside=os.getpgrp()) is None


async def test_the_children_of_a_process_do_not_outlive_a_harness_that_is_killed_outright(tmp_path: Path) -> None:
    """The signal that Linux sends reaches the process alone; its children are the keeper's."""
    parent = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    harness = f"""
import asyncio, sys
from pathlib import Path
from chaos.processes.keeper import Keeper
from chaos.processes.process import OsProcess

async def main():
    log = Path({str(tmp_path / "p.log")!r})
    command = (sys.executable, "-c", {parent!r})
    async with Keeper() as keeper, OsProcess("p", command, log=log, keeper=keeper) as process:
        async def up(): return log.read_text().endswith("\\n")
        await process.ready(up, timeout_s=60)
        print(process.pid, keeper.pid, log.read_text().strip(), flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""
    started = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", harness), stdout=asyncio.subprocess.PIPE, cwd=tmp_path
    )
    assert started.stdout is not None
    process, keeper, child = map(int, (await started.stdout.readline()).split())
    os.kill(keeper, signal.SIGTERM)  # as whoever ends everything would
    started.kill()
    await started.wait()
    await until(lambda: all(gone(pid) for pid in (process, keeper, child)))


async def test_a_keeper_kills_what_it_was_not_told_is_over(tmp_path: Path) -> None:
    kept, over = (OsProcess(name, ("sleep", "600"), log=tmp_path / name) for name in ("kept", "over"))
    async with kept, over:
        async with Keeper() as keeper:
            for process in (kept, over):
                assert process.pid is not None
                keeper.took(process.pid)
            keeper.left(over.pid or 0)
        await kept.wait(timeout_s=60)
        assert over.alive


async def test_a_keeper_that_was_killed_itself_is_no_problem_of_the_run(tmp_path: Path) -> None:
    async with Keeper() as keeper:
        assert keeper.pid is not None
        os.kill(keeper.pid, signal.SIGKILL)
        await until(lambda: gone(keeper.pid or 0))
        async with OsProcess("p", ("sleep", "600"), log=tmp_path / "log", keeper=keeper) as process:
            assert process.alive
