import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from chaos.clusters.cluster import Cluster, ClusterProblem, Killable, NodeHandle, Pausable, Phase, Terminable
from chaos.clusters.local import LocalCluster
from chaos.system_under_test import Supervision
from chaos.toxiproxy.problem import ToxiproxyProblem
from chaos.toxiproxy.toxic import Direction, Toxic
from reports.history import OpType
from tests.chaos.relay import SERVICE, back, relay, with_node

DEADLINE_S = 10.0
# A back of the relay that exits with the code in its first argument when it is told to end.
EXITING = (
    "import runpy, signal, sys\n"
    "code = int(sys.argv.pop(1))\n"
    "signal.signal(signal.SIGTERM, lambda *_: sys.exit(code))\n"
    f"runpy.run_path({SERVICE!r}, run_name='__main__')\n"
)


def descendants() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


def pid_of(node: NodeHandle) -> int:
    return int(node.state().life.removeprefix("pid "))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            await asyncio.sleep(0.01)


async def ask(cluster: Cluster, text: str) -> OpType:
    async with cluster.connect() as session:
        return (await session.ask(text, 3)).type


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[LocalCluster]:
    async with LocalCluster(relay(), logs=tmp_path) as running:
        yield running


async def test_a_foreign_system_serves_through_its_edges(cluster: LocalCluster) -> None:
    async with cluster.connect() as session:
        replies = [await session.ask("hello", 3) for _ in range(4)]
    assert [reply.value.get("output") for reply in replies] == ["/HELLO"] * 4
    assert cluster.unexpected_exits() == ()


async def test_nothing_is_left_of_a_cluster(tmp_path: Path) -> None:
    before = descendants()
    async with LocalCluster(relay(), logs=tmp_path):
        assert len(descendants() - before) == 4
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
    await until(lambda: len(descendants() - before) == 3)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert descendants() == before


async def test_every_node_that_does_not_start_is_named_with_its_last_words(tmp_path: Path) -> None:
    before = descendants()
    system = relay()
    for name in ("back1", "back2"):
        system = with_node(
            system, replace(back(name), command=("{python}", "-c", f"raise SystemExit('{name} is sad')"))
        )
    with pytest.raises(ClusterProblem) as failure:
        await LocalCluster(system, logs=tmp_path).__aenter__()
    assert "back1 is sad" in str(failure.value)
    assert "back2 is sad" in str(failure.value)
    assert "front" not in str(failure.value)
    assert descendants() == before


async def test_a_node_that_runs_but_never_serves_is_named_with_what_its_probe_met(tmp_path: Path) -> None:
    mute = replace(back("back2"), command=("{python}", "-c", "import time; time.sleep(60)"), ready_within_s=0.5)
    with pytest.raises(
        ClusterProblem, match=r"(?s)back2: not ready after 0\.5 s.*refused.*nobody listens on port \d+, its \{port\}"
    ):
        await LocalCluster(with_node(relay(), mute), logs=tmp_path).__aenter__()


async def test_a_node_starts_once_those_it_needs_are_ready(cluster: LocalCluster) -> None:
    born = {}
    for name, node in cluster.nodes.items():
        born[name] = psutil.Process(pid_of(node)).create_time()
    assert born["front"] > max(born["back1"], born["back2"])


async def test_healing_brings_back_whatever_was_broken_by_hand(cluster: LocalCluster) -> None:
    back1, back2, front = (cluster.nodes[name] for name in ("back1", "back2", "front"))
    assert isinstance(back1, Killable)
    assert isinstance(back2, Pausable)
    await back1.kill()
    await back2.pause()
    await cluster.edges["front→back1"].add_toxic(Toxic("timeout", Direction.DOWNSTREAM, {"timeout": 0}))
    await cluster.edges["client→front"].disable()
    assert await ask(cluster, "hello") is OpType.INFO
    await cluster.heal()
    assert [node.state().phase for node in (back1, back2, front)] == [Phase.RUNNING] * 3
    assert [await ask(cluster, "hello") for _ in range(4)] == [OpType.OK] * 4
    assert cluster.unexpected_exits() == ()


async def test_healing_a_sound_cluster_changes_nothing(cluster: LocalCluster) -> None:
    lives = [node.state().life for node in cluster.nodes.values()]
    await cluster.heal()
    assert [node.state().life for node in cluster.nodes.values()] == lives


async def test_an_exit_that_no_fault_caused_is_remembered_also_after_healing(cluster: LocalCluster) -> None:
    os.kill(pid_of(cluster.nodes["back2"]), signal.SIGKILL)
    await until(lambda: len(cluster.unexpected_exits()) == 1)
    await cluster.heal()
    [left] = cluster.unexpected_exits()
    assert left.node == "back2"
    assert left.state.killed
    assert await ask(cluster, "hello") is OpType.OK


async def test_a_node_that_ends_in_the_moment_of_its_healing_is_healed(cluster: LocalCluster) -> None:
    back1 = cluster.nodes["back1"]
    assert isinstance(back1, Terminable)
    for _ in range(20):
        await back1.terminate()
        await cluster.heal()
        assert back1.state().phase is Phase.RUNNING


async def test_a_supervised_node_that_ends_with_its_code_is_started_again_and_with_no_other(tmp_path: Path) -> None:
    system = relay()
    for name, code in (("back1", 15), ("back2", 1)):
        command = ("{python}", "-c", EXITING, "15", "{port}")
        system = with_node(system, replace(back(name), command=command, supervision=Supervision(code, after_s=0.1)))
    async with LocalCluster(system, logs=tmp_path) as cluster:
        back1, back2 = cluster.nodes["back1"], cluster.nodes["back2"]
        first = back1.state().life
        for node in (back1, back2):
            os.kill(pid_of(node), signal.SIGTERM)
        await until(lambda: back1.state().life != first and back1.state().phase is Phase.RUNNING)
        # Which of the two is seen to end first is chance.
        exits = sorted((each.node, each.state.code) for each in cluster.unexpected_exits())
        assert exits == [("back1", 15), ("back2", 15)]
        assert back2.state().phase is Phase.EXITED
        await cluster.heal()  # also while a start is under way
        assert [node.state().phase for node in (back1, back2)] == [Phase.RUNNING] * 2


async def test_the_death_of_toxiproxy_is_a_problem_of_the_harness(tmp_path: Path) -> None:
    before = descendants()
    async with LocalCluster(relay(), logs=tmp_path) as cluster:
        await lose_toxiproxy(cluster, before)


async def lose_toxiproxy(cluster: LocalCluster, before: set[int]) -> None:
    watching = asyncio.create_task(cluster.watch())
    [proxy] = descendants() - before - {pid_of(node) for node in cluster.nodes.values()}
    os.kill(proxy, signal.SIGKILL)
    with pytest.raises(ToxiproxyProblem, match="died"):
        await watching
    with pytest.raises(ToxiproxyProblem, match="died"):
        await cluster.heal()


async def test_two_clusters_at_once_do_not_meet(cluster: LocalCluster, tmp_path: Path) -> None:
    async with LocalCluster(relay(), logs=tmp_path / "other") as other:
        for name in ("back1", "back2"):
            node = other.nodes[name]
            assert isinstance(node, Killable)
            await node.kill()
        assert await ask(other, "hello") is OpType.INFO
        assert await ask(cluster, "hello") is OpType.OK


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends processes with their parent")
def test_nothing_is_left_when_the_harness_itself_is_killed(tmp_path: Path) -> None:
    root = Path(SERVICE).parents[2]
    program = (
        "import asyncio, pathlib, sys\n"
        # Last, so that what is installed is what is tested; only the tests are found in the work tree.
        f"sys.path.append({str(root)!r})\n"
        "from chaos.clusters.local import LocalCluster\n"
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
        assert len(children) == 4
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
