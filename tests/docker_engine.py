"""Docker, for tests that take it: who lacks it is skipped with the reason, or fails where docker is required."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import pytest
from docker import DockerClient

from chaos.clusters.docker.engine import EngineMissing, connect
from chaos.substrate import REQUIRED, required


def docker_is_missing(why: object) -> NoReturn:
    """Ends the test that asks for something of Docker which is not to be had here."""
    if required("docker"):
        pytest.fail(f"{REQUIRED} names docker, but {why}", pytrace=False)
    pytest.skip(str(why))


@contextmanager
def docker_engine() -> Iterator[DockerClient]:
    """The engine that the environment names, or else the one of this machine."""
    try:
        engine = connect()
    except EngineMissing as problem:
        docker_is_missing(problem)
    try:
        yield engine
    finally:
        engine.close()
