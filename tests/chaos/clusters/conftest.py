"""Clusters of the substrate that `--substrate` names, so that one suite is held against each."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from signal import Signals
from typing import Any

import pytest
from docker import DockerClient

from chaos.clusters.cluster import Cluster
from chaos.clusters.local.cluster import LocalCluster
from chaos.system_under_test import SystemUnderTest
from tests.chaos.relay import relay
from tests.chaos.substrates import Start, start_of
from tests.docker_engine import docker_engine

Strike = Callable[[Cluster, str, Signals], Awaitable[None]]
PARTICULAR = {
    "test_compose_engine.py": "docker",
    "test_docker.py": "docker",
    "test_docker_cut_short.py": "docker",
    "test_docker_engine.py": "docker",
    "test_docker_images.py": "docker",
    "test_docker_killed.py": "docker",
    "test_docker_replay.py": "docker",
    "test_docker_sweeping.py": "docker",
    "test_local.py": "local",
}


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What is particular to one substrate is nobody else's."""
    particular = PARTICULAR.get(collection_path.name)
    return True if particular not in (None, config.getoption("--substrate")) else None


@pytest.fixture(autouse=True)
def _has_what_it_is_particular_to(request: pytest.FixtureRequest) -> None:
    if PARTICULAR.get(request.path.name) == "docker":
        request.getfixturevalue("engine")


@pytest.fixture
def engine() -> Iterator[DockerClient]:
    with docker_engine() as engine:
        yield engine


@pytest.fixture(scope="session")
def start(pytestconfig: pytest.Config) -> Start:
    return start_of(pytestconfig)


@pytest.fixture
async def cluster(start: Start, tmp_path: Path) -> AsyncIterator[LocalCluster]:
    system: SystemUnderTest = relay()
    async with start(system, logs=tmp_path) as running:
        yield running


@pytest.fixture
def strike() -> Strike:
    """Send a signal to a node behind the harness's back."""

    async def strike(cluster: Cluster, name: str, number: Signals) -> None:
        node: Any = cluster.nodes[name]
        if cluster.substrate == "docker":
            await asyncio.to_thread(node._contained.container.kill, number.name)
        else:
            os.kill(int((await node.state()).life.removeprefix("pid ")), number)

    return strike
