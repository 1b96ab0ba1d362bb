"""The cluster of the substrate that `--substrate` names, so that one suite is held against each."""

from collections.abc import Callable

import pytest

from chaos.clusters.local.cluster import LocalCluster

Start = Callable[..., LocalCluster]
"""From a system and, as `logs`, a folder for its logs to a cluster that is not started yet."""


def start_of(config: pytest.Config) -> Start:
    if config.getoption("--substrate") != "docker":
        return LocalCluster
    from chaos.clusters.docker.cluster import DockerCluster

    return DockerCluster
