"""What is asked of a cluster, whatever it runs on: `pytest tests/chaos/clusters --substrate docker`."""

import asyncio
from dataclasses import replace
from pathlib import Path
from signal import SIGKILL, SIGTERM

import pytest

from chaos.clusters.cluster import Cluster, ClusterProblem, Killable, Pausable, Phase, Terminable
from chaos.clusters.local.cluster import LocalCluster
from chaos.system_under_test import Supervision
from chaos.toxiproxy.toxic import Direction, Toxic
from reports.history import OpType
from tests.chaos.clusters.conftest import Strike
from tests.chaos.relay import back, relay, with_node
from tests.chaos.substrates import Start
from tests.polling import until

DEADLINE_S = 20.0
# A back of the relay that exits with the code in its first argument when it is told to end.
EXITING = (
    "import runpy, signal, sys\n"
    "code = int(sys.argv.pop(1))\n"
    "signal.signal(signal.SIGTERM, lambda *_: sys.exit(code))\n"
    "runpy.run_path('relay_service.py', run_name='__main__')\n"
)


async def ask(cluster: Cluster, text: str) -> OpType:
    async with cluster.connect() as session:
        return (await session.ask(text, 3)).type


async def test_a_foreign_system_serves_through_its_edges(cluster: Cluster) -> None:
    async with cluster.connect() as session:
        replies = [await session.ask("hello", 3) for _ in range(4)]
    assert [reply.value.get("output") for reply in replies] == ["/HELLO"] * 4
    assert cluster.unexpected_exits() == ()


async def test_every_node_that_does_not_start_is_named_with_its_last_words(start: Start, tmp_path: Path) -> None:
    system = relay()
    for name in ("back1", "back2"):
        system = with_node(
            system, replace(back(name), command=("{python}", "-c", f"raise SystemExit('{name} is sad')"))
        )
    with pytest.raises(ClusterProblem) as failure:
        await start(system, logs=tmp_path).__aenter__()
    assert "back1 is sad" in str(failure.value)
    assert "back2 is sad" in str(failure.value)
    assert "front" not in str(failure.value)


async def test_a_node_that_runs_but_never_serves_is_named_with_what_its_probe_met(start: Start, tmp_path: Path) -> None:
    port = r"\d+" if start is LocalCluster else "8000"  # the one that its command was given, wherever it is published
    mute = replace(back("back2"), command=("{python}", "-c", "import time; time.sleep(60)"), ready_within_s=0.5)
    told = rf"(?s)back2: not ready after 0\.5 s.*refused.*nobody listens on port {port}, its \{{port\}}"
    with pytest.raises(ClusterProblem, match=told):
        await start(with_node(relay(), mute), logs=tmp_path).__aenter__()


async def test_healing_brings_back_whatever_was_broken_by_hand(cluster: Cluster) -> None:
    back1, back2, front = (cluster.nodes[name] for name in ("back1", "back2", "front"))
    assert isinstance(back1, Killable)
    assert isinstance(back2, Pausable)
    await back1.kill()
    await back2.pause()
    await cluster.edges["front→back1"].add_toxic(Toxic("timeout", Direction.DOWNSTREAM, {"timeout": 0}))
    await cluster.edges["client→front"].disable()
    assert await ask(cluster, "hello") is OpType.INFO
    await cluster.heal()
    assert [(await node.state()).phase for node in (back1, back2, front)] == [Phase.RUNNING] * 3
    assert [await ask(cluster, "hello") for _ in range(4)] == [OpType.OK] * 4
    assert cluster.unexpected_exits() == ()


async def test_healing_a_sound_cluster_changes_nothing(cluster: Cluster) -> None:
    lives = [(await node.state()).life for node in cluster.nodes.values()]
    await cluster.heal()
    assert [(await node.state()).life for node in cluster.nodes.values()] == lives


async def test_an_exit_that_no_fault_caused_is_remembered_also_after_healing(cluster: Cluster, strike: Strike) -> None:
    await strike(cluster, "back2", SIGKILL)
    await until(lambda: len(cluster.unexpected_exits()) == 1)
    await cluster.heal()
    [left] = cluster.unexpected_exits()
    assert left.node == "back2"
    assert left.state.killed
    assert await ask(cluster, "hello") is OpType.OK


async def test_a_node_that_ends_in_the_moment_of_its_healing_is_healed(cluster: Cluster) -> None:
    back1 = cluster.nodes["back1"]
    assert isinstance(back1, Terminable)
    for _ in range(20):
        await back1.terminate()
        await cluster.heal()
        assert (await back1.state()).phase is Phase.RUNNING


async def test_a_supervised_node_that_ends_with_its_code_is_started_again_and_with_no_other(
    start: Start, strike: Strike, tmp_path: Path
) -> None:
    system = relay()
    for name, code in (("back1", 15), ("back2", 1)):
        command = ("{python}", "-c", EXITING, "15", "{host}:{port}")
        system = with_node(system, replace(back(name), command=command, supervision=Supervision(code, after_s=0.1)))
    async with start(system, logs=tmp_path) as cluster:
        back1, back2 = cluster.nodes["back1"], cluster.nodes["back2"]
        first = (await back1.state()).life
        for name in ("back1", "back2"):
            await strike(cluster, name, SIGTERM)
        async with asyncio.timeout(DEADLINE_S):
            while (state := await back1.state()).life == first or state.phase is not Phase.RUNNING:
                await asyncio.sleep(0.01)
        # Which of the two is seen to end first is chance.
        exits = sorted((each.node, each.state.code) for each in cluster.unexpected_exits())
        assert exits == [("back1", 15), ("back2", 15)]
        assert (await back2.state()).phase is Phase.EXITED
        await cluster.heal()  # also while a start is under way
        assert [(await node.state()).phase for node in (back1, back2)] == [Phase.RUNNING] * 2


async def test_two_clusters_at_once_do_not_meet(cluster: Cluster, start: Start, tmp_path: Path) -> None:
    async with start(relay(), logs=tmp_path / "other") as other:
        for name in ("back1", "back2"):
            node = other.nodes[name]
            assert isinstance(node, Killable)
            await node.kill()
        assert await ask(other, "hello") is OpType.INFO
        assert await ask(cluster, "hello") is OpType.OK
