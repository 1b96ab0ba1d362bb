"""What becomes of containers of a Compose project when something goes wrong: they are given back, and it is said."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest
from docker import DockerClient
from docker.models.containers import Container

from chaos.clusters.cluster import ClusterProblem
from chaos.clusters.compose.cluster import ComposeCluster
from chaos.clusters.compose.node import ComposeProcess
from chaos.clusters.compose.project import PROJECT, SERVICE, members
from chaos.clusters.docker.engine import LABEL, EngineLost
from chaos.clusters.docker.presence import Presence
from tests.chaos.clusters.engine import engine_of_ones_own
from tests.chaos.relay import relay
from tests.polling import until

NAME: Final = "brownout-test-given-back"
RUNS_ON: Final = ["sh", "-c", "trap exit TERM; while sleep 0.1; do :; done"]


@pytest.fixture
def container(engine: DockerClient) -> Iterator[Container]:
    container = engine.containers.run(
        str(relay().node("front").image),
        entrypoint=RUNS_ON[:1],
        command=RUNS_ON[1:],
        labels={LABEL: NAME, PROJECT: NAME, SERVICE: "one"},
        detach=True,
    )
    yield container
    container.remove(force=True, v=True)


@pytest.mark.parametrize("started", [True, False], ids=["in the middle", "before the beginning"])
async def test_a_container_is_given_back_whatever_goes_wrong(
    engine: DockerClient, container: Container, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, started: bool
) -> None:
    (member,) = members(engine, NAME)
    process = ComposeProcess("one", member, engine=engine, log=tmp_path / "one.log")
    if started:
        await process.start()
    container.pause()

    async def fail(_timeout_s: float) -> None:
        raise ClusterProblem("the engine has other plans")

    monkeypatch.setattr(process, "wait", fail)
    if started:
        with pytest.raises(ClusterProblem, match="other plans"):
            await process.stop(1)
    else:
        await process.stop(1)
    container.reload()
    assert container.status == "running"


async def test_a_container_is_given_back_only_when_a_start_that_was_cut_short_is_through_with_it(
    engine: DockerClient, container: Container, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (member,) = members(engine, NAME)
    process = ComposeProcess("one", member, engine=engine, log=tmp_path / "one.log")
    under_way, given_back = threading.Event(), list[bool]()
    create, give_back = process._create, process._give_back

    def slowly() -> Container:
        under_way.set()
        time.sleep(1.0)  # as an engine takes that has much to do
        return create()

    def noting() -> None:
        given_back.append(process._container is not None)
        give_back()

    monkeypatch.setattr(process, "_create", slowly)
    monkeypatch.setattr(process, "_give_back", noting)
    starting = asyncio.create_task(process.start())
    await until(under_way.is_set)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    await process.stop(1)
    assert given_back == [True]
    container.reload()
    assert container.status == "running"


async def test_an_engine_that_is_started_anew_between_two_looks_is_noticed(tmp_path: Path) -> None:
    with engine_of_ones_own() as own, closing(own.client()) as client:
        async with Presence(client) as presence:
            cluster = ComposeCluster(relay(), logs=tmp_path, project=NAME)
            cluster._engine, cluster._presence = client, presence
            presence.check()
            await asyncio.to_thread(own.stop)
            await asyncio.to_thread(own.start)
            with pytest.raises(EngineLost, match=r"started anew(?s:.)*run this again"):
                await cluster.watch()
