"""No swarm but a test's own is ever used or left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from docker import DockerClient

from chaos.clusters.docker.proxy import proxy_image
from tests.docker_engine import docker_engine, docker_is_missing
from tests.swarm.stack import NOTHING, OURS, NotOurs, new_swarm, own_swarm

pytestmark = [pytest.mark.swarm, pytest.mark.timeout(300)]


@pytest.fixture
def engine() -> Iterator[DockerClient]:
    """In no swarm, and running nothing."""
    with docker_engine() as engine:
        if engine.info()["Swarm"]["LocalNodeState"] != "inactive":
            docker_is_missing("the engine is in a swarm")
        if running := engine.containers.list(ignore_removed=True):
            docker_is_missing(f"the engine runs {running}")
        yield engine


@pytest.mark.parametrize(("labels", "is_ours"), [(NOTHING, False), (OURS, True)], ids=["somebody's", "left behind"])
def test_a_swarm_that_is_there_is_left_only_if_a_test_made_it(
    engine: DockerClient, labels: dict[str, str], *, is_ours: bool
) -> None:
    with new_swarm(engine, labels=labels):
        before = engine.info()["Swarm"]["Cluster"]["ID"]
        if is_ours:
            with own_swarm() as other:
                assert other.info()["Swarm"]["Cluster"]["ID"] != before
        else:
            with pytest.raises(NotOurs, match="not a test's"), own_swarm():
                pass
            assert engine.info()["Swarm"]["Cluster"]["ID"] == before


@pytest.mark.parametrize("state", ["inactive", "active"], ids=["in none", "in one that a test left behind"])
def test_an_engine_that_runs_containers_makes_and_leaves_no_swarm(engine: DockerClient, state: str) -> None:
    image = proxy_image(engine, print)
    with ExitStack() as scope:
        if state == "active":
            scope.enter_context(new_swarm(engine, labels=OURS))
        other = engine.containers.run(image, detach=True, labels=OURS)
        scope.callback(other.remove, force=True)
        with pytest.raises(NotOurs, match=other.name), own_swarm():
            pass
        assert engine.info()["Swarm"]["LocalNodeState"] == state
