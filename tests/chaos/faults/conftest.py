"""One cluster for all tests of this folder, healed before each: starting one costs more than most of the tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from chaos.clusters.local.cluster import LocalCluster
from tests.chaos.relay import obedient
from tests.chaos.substrates import start_of


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> AsyncIterator[LocalCluster]:
    """Of the substrate that `--substrate` names."""
    logs: Path = tmp_path_factory.mktemp("logs")
    async with start_of(pytestconfig)(obedient(), logs=logs) as cluster:
        yield cluster


@pytest_asyncio.fixture(loop_scope="module")
async def cluster(running: LocalCluster) -> LocalCluster:
    await running.heal()
    return running
