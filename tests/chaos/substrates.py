"""The cluster of the substrate that `--substrate` names, so that one suite is held against each."""

from collections.abc import Callable

import pytest

from chaos.clusters.local.cluster import LocalCluster

Start = Callable[..., LocalCluster]
"""From a system and, as `logs`, a folder for its logs to a cluster that is not started yet."""


def start_of(config: pytest.Config) -> Start:
    """Skips or fails a test where there is no engine for its cluster."""
    if config.getoption("--substrate") != "docker":
        return LocalCluster
    from chaos.clusters.docker.cluster import DockerCluster
    from tests.docker_engine import docker_engine

    with docker_engine():
        return DockerCluster
