"""What is particular to clusters of containers; the rest is in test_contract.py."""

import asyncio
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event
from uuid import uuid4

import pytest
from docker import DockerClient

from chaos.clusters.cluster import OUT_OF_MEMORY, ClusterProblem, Disconnectable, Killable, Pausable, Phase
from chaos.clusters.docker.cluster import DockerCluster
from chaos.clusters.docker.engine import LABEL, EngineMissing, connect, sweep
from chaos.clusters.docker.image import ensure
from chaos.clusters.docker.network import _is_ours
from chaos.clusters.docker.proxy import ALIAS
from chaos.faults import disconnect, limit_memory
from chaos.image import Image
from chaos.probes import ProbeOutcome
from chaos.substrate import SubstrateMissing, launcher
from chaos.toxiproxy.problem import ToxiproxyProblem
from reports.history import OpType
from tests.chaos.relay import SERVICE, back, relay, with_node

DEADLINE_S = 30.0


def left(engine: DockerClient, label: str = LABEL) -> list[str]:
    """What carries the label now."""
    wanted = {"label": label}
    return [
        *(each.name for each in engine.containers.list(all=True, filters=wanted, ignore_removed=True)),
        *(each.name for each in engine.networks.list(filters=wanted)),
        *(each.name for each in engine.volumes.list(filters=wanted)),
    ]


async def test_nothing_is_left_of_a_cluster(engine: DockerClient, tmp_path: Path) -> None:
    cluster = DockerCluster(relay(), logs=tmp_path)
    async with cluster:
        assert len(left(engine, cluster.label)) == 5  # three nodes, Toxiproxy, the network
    assert left(engine, cluster.label) == []


async def test_what_is_removed_behind_what_comes_next_is_gone_in_the_end(engine: DockerClient, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as later:
        held = Event()
        later.submit(held.wait, DEADLINE_S)
        cluster = DockerCluster(relay(), logs=tmp_path, later=later)
        async with cluster:
            pass
        states = {each.status for each in engine.containers.list(all=True, filters={"label": cluster.label})}
        assert states == {"exited", "running"}  # the nodes, and Toxiproxy
        held.set()
    assert left(engine, cluster.label) == []


async def test_nothing_is_left_of_a_cluster_whose_user_fails(engine: DockerClient, tmp_path: Path) -> None:
    cluster = DockerCluster(relay(), logs=tmp_path)

    async def fail_in_the_middle() -> None:
        async with cluster:
            node = cluster.nodes["back1"]
            assert isinstance(node, Pausable)
            await node.pause()
            raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        await fail_in_the_middle()
    assert left(engine, cluster.label) == []


async def test_nothing_is_left_when_starting_is_cancelled(engine: DockerClient, tmp_path: Path) -> None:
    never_ready = with_node(relay(), replace(back("back1"), command=("{python}", "-c", "import time; time.sleep(60)")))
    cluster = DockerCluster(never_ready, logs=tmp_path)
    starting = asyncio.create_task(cluster.__aenter__())
    async with asyncio.timeout(DEADLINE_S):
        while len(await asyncio.to_thread(left, engine, cluster.label)) < 4:
            await asyncio.sleep(0.05)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert left(engine, cluster.label) == []


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_left_when_the_harness_is_killed_at_any_moment(
    seed: int, engine: DockerClient, tmp_path: Path
) -> None:
    program = (
        "import asyncio, pathlib, sys\n"
        f"sys.path.append({str(SERVICE.parents[2])!r})\n"
        "from chaos.clusters.docker.cluster import DockerCluster\n"
        "from tests.chaos.relay import relay\n"
        "async def main():\n"
        f"    cluster = DockerCluster(relay(), logs=pathlib.Path({str(tmp_path)!r}))\n"
        "    print(cluster.label, flush=True)\n"
        "    async with cluster:\n"
        "        print('up', flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as harness:
        assert harness.stdout is not None
        label = harness.stdout.readline().strip()
        assert label.startswith(f"{LABEL}=")
        if seed == 0:
            assert harness.stdout.readline() == "up\n"
        else:
            time.sleep(random.Random(seed).uniform(0.5, 3.0))  # any moment is as good as any other
        harness.kill()
    # A container that was just being made appears after its maker is gone; the reaper waits for the engine.
    deadline = time.monotonic() + DEADLINE_S
    while left(engine, label) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left(engine, label) == []


async def test_the_death_of_toxiproxy_is_a_problem_of_the_harness(tmp_path: Path) -> None:
    async with DockerCluster(relay(), logs=tmp_path) as cluster:
        assert cluster._server is not None
        watching = asyncio.create_task(cluster.watch())
        await cluster._server.process.kill()
        with pytest.raises(ToxiproxyProblem, match="died"):
            await watching
        with pytest.raises(ToxiproxyProblem, match="died"):
            await cluster.heal()


@pytest.mark.parametrize(
    ("configured", "ours"),
    [
        ([{"Subnet": "127.0.0.0/8", "Gateway": "127.0.0.1"}], True),
        ([{"Subnet": "203.0.113.0/24", "Gateway": "203.0.113.1"}], False),  # reserved for examples: nobody has it
        ([{"Subnet": "203.0.113.0/24"}], False),
        (None, False),
    ],
)
def test_a_network_is_near_whose_gateway_is_this_machine(
    configured: list[dict[str, str]] | None, *, ours: bool
) -> None:
    assert _is_ours({"IPAM": {"Config": configured}}) is ours


async def test_where_this_machine_is_not_in_the_network_everything_is_reached_by_published_ports(
    engine: DockerClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("chaos.clusters.docker.network._is_ours", lambda _: False)
    async with DockerCluster(relay(), logs=tmp_path) as cluster:
        (proxies,) = engine.containers.list(filters={"label": cluster.label, "name": ALIAS})
        assert len([port for port in proxies.ports.values() if port]) == 1 + len(relay().edges)
        assert (await cluster.edges["client→front"].probe(3.0)).ready
        async with cluster.connect() as session:
            assert (await session.ask("hello", 3)).type is OpType.OK


async def test_a_node_without_an_image_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(ClusterProblem, match="no image is given for back1"):
        await DockerCluster(with_node(relay(), replace(back("back1"), image=None)), logs=tmp_path).__aenter__()


async def test_an_image_that_is_not_to_be_had_is_named(tmp_path: Path) -> None:
    nowhere = with_node(relay(), replace(back("back1"), image="brownout.invalid/nothing:1"))
    with pytest.raises(ClusterProblem, match=r"brownout\.invalid/nothing:1"):
        await DockerCluster(nowhere, logs=tmp_path).__aenter__()


def test_without_an_engine_it_says_what_would_mend_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from rich.console import Console

    from chaos.substrate import Substrate

    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    with pytest.raises(EngineMissing, match="no Docker engine answers"):
        connect()
    with pytest.raises(SubstrateMissing, match="leads nowhere"):
        launcher(Substrate.DOCKER, Console())


def test_an_image_is_built_once_for_each_content(engine: DockerClient) -> None:
    told: list[str] = []

    def image(content: bytes) -> Image:
        return Image("brownout/test", {"Dockerfile": b"FROM scratch\nCOPY file /file\n", "file": content})

    try:
        first = ensure(image(b"one"), engine, told.append)
        assert told
        told.clear()
        assert ensure(image(b"one"), engine, told.append) == first
        assert not told
        assert ensure(image(b"two"), engine, told.append) != first
    finally:
        for each in engine.images.list("brownout/test"):
            engine.images.remove(each.id, force=True)


def test_a_build_that_fails_says_where(engine: DockerClient) -> None:
    broken = Image("brownout/test", {"Dockerfile": b"FROM scratch\nCOPY missing /file\n"})
    with pytest.raises(ClusterProblem, match="missing"):
        ensure(broken, engine, lambda _: None)


def test_a_build_that_fails_leaves_no_container(engine: DockerClient) -> None:
    command = f"/nosuch {uuid4()}"
    broken = Image(
        "brownout/test", {"Dockerfile": f'FROM scratch\nCOPY file /file\nRUN ["{command}"]\n'.encode(), "file": b""}
    )
    with pytest.raises(ClusterProblem, match="cannot be built"):
        ensure(broken, engine, lambda _: None)
    there = engine.containers.list(all=True, ignore_removed=True)
    assert not [each.name for each in there if command in str(each.attrs["Config"]["Cmd"])]


def test_a_sweep_takes_only_what_has_the_label(engine: DockerClient) -> None:
    ours = engine.networks.create("brownout-test-ours", labels={LABEL: "test-sweep"})
    other = engine.networks.create("brownout-test-other", labels={LABEL: "test-other"})
    try:
        assert sweep(engine, f"{LABEL}=test-sweep") == [f"network {ours.name}"]
        assert left(engine, f"{LABEL}=test-other") == [other.name]
    finally:
        other.remove()


async def test_a_node_can_lose_its_network_and_gets_another_address(tmp_path: Path) -> None:
    async with DockerCluster(relay(), logs=tmp_path) as cluster:
        node = cluster.nodes["back1"]
        assert isinstance(node, Disconnectable)
        had, life = await node.network_address(), (await node.state()).life
        lost = disconnect("back1").fault.on(cluster, "back1")
        await lost.inject()
        evidence = await lost.evidence(DEADLINE_S)
        assert evidence.bit, evidence
        assert not (await cluster.edges["front→back1"].probe(1.0)).answered
        await lost.heal()
        assert not (await lost.evidence(DEADLINE_S)).bit
        has = await node.network_address()
        assert has
        assert has != had
        assert (await node.state()).life == life
        await until_ready(cluster, "front→back1")


async def test_healing_a_cluster_gives_a_node_its_network_back_even_one_that_died_without(tmp_path: Path) -> None:
    async with DockerCluster(relay(), logs=tmp_path) as cluster:
        node = cluster.nodes["back1"]
        assert isinstance(node, Disconnectable)
        assert isinstance(node, Killable)
        await node.disconnect()
        await node.disconnect()  # nothing more to take
        await node.kill()
        await cluster.heal()
        await until_ready(cluster, "front→back1")


HOG = f"""
import pathlib, runpy, sys, threading
first = pathlib.Path("/tmp/first")
if not first.exists():
    first.touch()
    threading.Timer(3, lambda: b"x" * 400_000_000).start()
runpy.run_path("{SERVICE.name}", run_name="__main__")
"""


async def test_a_node_that_takes_more_than_its_memory_is_killed_for_it_and_says_so(tmp_path: Path) -> None:
    """It takes twenty times what it is left; its next life, which has as much as it wants, takes nothing."""
    hungry = replace(back("back1"), command=("{python}", "-S", "-c", HOG.replace("{", "{{"), "{host}:{port}"))
    async with DockerCluster(with_node(relay(), hungry), logs=tmp_path) as cluster:
        node = cluster.nodes["back1"]
        limited = limit_memory("back1", mib=20, spare=True).fault.on(cluster, "back1")
        await limited.inject()
        async with asyncio.timeout(DEADLINE_S):
            while (await node.state()).phase is not Phase.EXITED or not cluster.unexpected_exits():
                await asyncio.sleep(0.05)
        evidence = await limited.evidence(1.0)
        assert evidence.bit, evidence
        assert evidence.figures["kills"] == 1
        assert [OUT_OF_MEMORY in str(each) for each in cluster.unexpected_exits()] == [True]
        await limited.heal()
        assert (await node.probe(1.0)).ready
        assert not (await limited.evidence(1.0)).bit
        assert OUT_OF_MEMORY not in str(await node.state())


async def test_nobody_outside_its_network_is_asked_for_the_address_of_a_node_that_is_gone(
    engine: DockerClient, tmp_path: Path
) -> None:
    async with DockerCluster(relay(), logs=tmp_path) as cluster:
        assert cluster._server is not None
        (proxies,) = engine.containers.list(filters={"label": cluster.label, "name": ALIAS})
        assert proxies.attrs["HostConfig"]["DnsOptions"] == ["ndots:1"]  # the engine then answers names without a dot
        node = cluster.nodes["back1"]
        assert isinstance(node, Killable)
        await node.kill()
        assert (await cluster.edges["front→back1"].probe(3.0)).outcome is ProbeOutcome.CUT


async def until_ready(cluster: DockerCluster, edge: str) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not (await cluster.edges[edge].probe(1.0)).ready:
            await asyncio.sleep(0.05)
