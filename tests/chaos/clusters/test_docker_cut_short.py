"""Nothing stays in the engine of a start that is cut short, whatever was just being made there."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pytest
from docker import DockerClient
from docker.models.containers import ContainerCollection
from docker.models.networks import NetworkCollection

from chaos.clusters.cluster import ClusterProblem
from chaos.clusters.docker.cluster import DockerCluster
from chaos.clusters.docker.engine import LABEL
from chaos.clusters.docker.network import DockerNetwork
from chaos.clusters.docker.process import ContainerProcess, Plan
from chaos.clusters.docker.proxy import ALIAS
from tests.chaos.clusters.test_docker import left
from tests.chaos.relay import relay
from tests.polling import until

SLOW_S: Final = 1.0  # for the engine to make what it was asked for
GONE_S: Final = 30.0
STAYS_GONE_S: Final = 2.0


class Slow:
    """A call of the engine's client that takes its time where a name ends like this."""

    def __init__(self, name: str, monkeypatch: pytest.MonkeyPatch, collection: type[Any]) -> None:
        self.begun = threading.Event()
        self.done = threading.Event()
        make: Callable[..., Any] = collection.create

        def slowly(made: Any, *given: Any, **named: Any) -> Any:
            called = str(named.get("name") or given[0])
            if not called.endswith(name):
                return make(made, *given, **named)
            self.begun.set()
            time.sleep(SLOW_S)
            try:
                return make(made, *given, **named)
            finally:
                self.done.set()

        monkeypatch.setattr(collection, "create", slowly)


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("making", ["network", ALIAS, "back1", "front"])
async def test_what_is_being_made_when_a_start_is_cut_short_goes_too(
    making: str, times: int, engine: DockerClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cluster = DockerCluster(relay(), logs=tmp_path)
    collection = NetworkCollection if making == "network" else ContainerCollection
    slow = Slow("" if making == "network" else making, monkeypatch, collection)
    starting = asyncio.create_task(cluster.__aenter__())
    await until(slow.begun.is_set)
    for _ in range(times):
        starting.cancel()
        await asyncio.wait({starting}, timeout=0.1)
    with suppress(asyncio.CancelledError):
        await starting
    await until(slow.done.is_set)
    await stays_gone(engine, cluster.label)


async def stays_gone(engine: DockerClient, label: str) -> None:
    """Within a time, and from then on for longer than the moment that it takes to look once."""
    deadline = time.monotonic() + GONE_S
    gone_since: float | None = None
    while gone_since is None or time.monotonic() - gone_since < STAYS_GONE_S:
        if there := await asyncio.to_thread(left, engine, label):
            gone_since = None
            assert time.monotonic() < deadline, there
        elif gone_since is None:
            gone_since = time.monotonic()
        await asyncio.sleep(0.05)


async def test_a_life_that_never_begins_is_over_for_whoever_waits_for_it(
    engine: DockerClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Also when who asked for it waits no longer, and so is not told why."""
    network = DockerNetwork("brownout-test-nowhere", engine=engine, labels={}, bystander="")
    plan = Plan("never", "brownout.invalid/nothing:1", ("true",), {}, {LABEL: "test-never"}, network, {})
    process = ContainerProcess(plan, engine=engine, log=tmp_path / "never.log")
    slow = Slow("never", monkeypatch, ContainerCollection)
    starting = asyncio.create_task(process.start())
    await until(slow.begun.is_set)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    await process.wait(GONE_S)
    await process.stop(1.0)
    with pytest.raises(ClusterProblem):
        await ContainerProcess(plan, engine=engine, log=tmp_path / "never.log").start()
