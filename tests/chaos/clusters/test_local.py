"""What is particular to clusters of processes; the rest is in test_contract.py."""

import asyncio
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from chaos.clusters.cluster import NodeHandle, Pausable
from chaos.clusters.local.cluster import LocalCluster
from chaos.toxiproxy.problem import ToxiproxyProblem
from tests.chaos.relay import SERVICE, back, relay, with_node
from tests.polling import until

DEADLINE_S = 10.0


def descendants() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


async def pid_of(node: NodeHandle) -> int:
    return int((await node.state()).life.removeprefix("pid "))


async def test_nothing_is_left_of_a_cluster(tmp_path: Path) -> None:
    before = descendants()
    async with LocalCluster(relay(), logs=tmp_path):
        assert len(descendants() - before) == 5  # three nodes, a proxy, a keeper
    assert descendants() == before


async def test_nothing_is_left_of_a_cluster_whose_user_fails(tmp_path: Path) -> None:
    before = descendants()

    async def fail_in_the_middle() -> None:
        async with LocalCluster(relay(), logs=tmp_path) as cluster:
            node = cluster.nodes["back1"]
            assert isinstance(node, Pausable)
            await node.pause()
            raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        await fail_in_the_middle()
    assert descendants() == before


async def test_nothing_is_left_when_starting_is_cancelled(tmp_path: Path) -> None:
    before = descendants()
    never_ready = with_node(relay(), replace(back("back1"), command=("{python}", "-c", "import time; time.sleep(60)")))
    starting = asyncio.create_task(LocalCluster(never_ready, logs=tmp_path).__aenter__())
    await until(lambda: len(descendants() - before) == 4)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert descendants() == before


async def test_a_node_starts_once_those_it_needs_are_ready(cluster: LocalCluster) -> None:
    born = {}
    for name, node in cluster.nodes.items():
        born[name] = psutil.Process(await pid_of(node)).create_time()
    assert born["front"] > max(born["back1"], born["back2"])


async def test_the_death_of_toxiproxy_is_a_problem_of_the_harness(tmp_path: Path) -> None:
    before = descendants()
    async with LocalCluster(relay(), logs=tmp_path) as cluster:
        await lose_toxiproxy(cluster)
    assert descendants() == before


async def lose_toxiproxy(cluster: LocalCluster) -> None:
    watching = asyncio.create_task(cluster.watch())
    (proxy,) = (each for each in psutil.Process().children() if "toxiproxy" in " ".join(each.cmdline()))
    proxy.kill()
    with pytest.raises(ToxiproxyProblem, match="died"):
        await watching
    with pytest.raises(ToxiproxyProblem, match="died"):
        await cluster.heal()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends processes with their parent")
def test_nothing_is_left_when_the_harness_itself_is_killed(tmp_path: Path) -> None:
    root = SERVICE.parents[2]
    program = (
        "import asyncio, pathlib, sys\n"
        # Last, so that what is installed is what is tested; only the tests are found in the work tree.
        f"sys.path.append({str(root)!r})\n"
        "from chaos.clusters.local.cluster import LocalCluster\n"
        "from tests.chaos.relay import relay\n"
        "async def main():\n"
        f"    async with LocalCluster(relay(), logs=pathlib.Path({str(tmp_path)!r})) as cluster:\n"
        "        print('up', flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as harness:
        assert harness.stdout is not None
        assert harness.stdout.readline() == b"up\n"
        children = psutil.Process(harness.pid).children(recursive=True)
        assert len(children) == 5
        harness.kill()
        deadline = time.monotonic() + DEADLINE_S
        while not all(map(has_ended, children)) and time.monotonic() < deadline:
            time.sleep(0.01)
    assert [child for child in children if not has_ended(child)] == []


def has_ended(process: psutil.Process) -> bool:
    """Gone, or dead and only not yet reaped: whoever adopts orphans on this machine may take its time over that."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def test_it_is_up_within_seconds(tmp_path: Path) -> None:
    began = time.monotonic()
    async with LocalCluster(relay(), logs=tmp_path):
        assert time.monotonic() - began < DEADLINE_S
