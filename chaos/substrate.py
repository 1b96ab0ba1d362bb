"""Where clusters run, by name, and whether that is to be had here."""

import os
import re
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Protocol

from rich.console import Console

from chaos.clusters.cluster import Cluster
from chaos.problems import HarnessProblem
from chaos.system_under_test import SystemUnderTest
from chaos.toxiproxy.problem import ToxiproxyMissing

REQUIRED: Final = "REQUIRE_SUBSTRATES"  # environment: names whose absence is a failure, separated by commas


class Launch(Protocol):
    """From a system and a folder for its logs to a running cluster, for as long as the scope lasts."""

    def __call__(self, system: SystemUnderTest, logs: Path, *, seed: int) -> AbstractAsyncContextManager[Cluster]:
        """`seed` decides whatever the substrate itself leaves to chance, which real ones do not."""


InTime = Callable[[Coroutine[Any, Any, None]], Awaitable[None]]
"""Has a run carried out to its end, in the time that its cluster lives in."""


class Substrate(StrEnum):
    SIMULATED = "simulated"
    LOCAL = "local"
    DOCKER = "docker"
    COMPOSE = "compose"


def required(name: str) -> bool:
    """Whether the environment makes the absence of that substrate a failure."""
    return name in re.split(r"[,\s]+", os.environ.get(REQUIRED, ""))


class SubstrateMissing(HarnessProblem):
    """Clusters cannot run there on this machine; the message says why, and what would mend it."""


def launcher(substrate: Substrate, console: Console, *, project: str = "") -> Launch:
    """Prepared for any number of clusters; what must be fetched or built for them is, and `console` tells of it.

    `project` is the Compose project that is up, of the substrate that consists of one. Raises SubstrateMissing, and
    HarnessProblem where what was named is not there: a project, an image of Toxiproxy.
    """
    match substrate:
        case Substrate.SIMULATED:
            return _simulated()
        case Substrate.LOCAL:
            return _local(console)
        case Substrate.DOCKER:
            return _docker(console)
        case Substrate.COMPOSE:
            return _compose(project)


def timekeeper(substrate: Substrate) -> InTime:
    """The time that clusters live in there."""
    if substrate is not Substrate.SIMULATED:
        return real_time
    from chaos.clusters.simulated.virtual_time import in_virtual_time  # noqa: PLC0415 - see below

    return in_virtual_time


def _simulated() -> Launch:
    # Only who runs something needs what follows; collecting scenarios must stay quick.
    from chaos.clusters.simulated.cluster import SimulatedCluster  # noqa: PLC0415

    def launch(system: SystemUnderTest, logs: Path, *, seed: int) -> SimulatedCluster:
        return SimulatedCluster(system, logs=logs, seed=seed)

    return launch


def _local(console: Console) -> Launch:
    # Only who runs something needs what follows; collecting scenarios must stay quick.
    from chaos.clusters.local.cluster import LocalCluster  # noqa: PLC0415
    from chaos.toxiproxy.find import find  # noqa: PLC0415
    from chaos.toxiproxy.narration import narration  # noqa: PLC0415

    try:
        with narration(console) as say:
            server = find(say=say)
    except ToxiproxyMissing as problem:
        raise SubstrateMissing(f"the local substrate needs toxiproxy-server: {problem}") from problem

    def launch(system: SystemUnderTest, logs: Path, *, seed: int) -> LocalCluster:  # noqa: ARG001 - nothing is drawn
        return LocalCluster(system, logs=logs, toxiproxy=server)

    return launch


async def real_time(run: Coroutine[Any, Any, None]) -> None:
    """That of everybody else: on the running loop."""
    await run


def _docker(console: Console) -> Launch:
    # As above.
    from chaos.clusters.docker.cluster import DockerCluster, prepare  # noqa: PLC0415
    from chaos.clusters.docker.engine import EngineMissing  # noqa: PLC0415
    from chaos.toxiproxy.narration import narration  # noqa: PLC0415

    try:
        with narration(console) as say:
            prepare(say)
    except (EngineMissing, ToxiproxyMissing) as problem:
        raise SubstrateMissing(f"the docker substrate cannot be used: {problem}") from problem

    def say_line(sentence: str) -> None:
        """While runs are shown, which is no time for a line that is redrawn."""
        console.print(sentence, markup=False, highlight=False, soft_wrap=True)

    # An engine takes half a second to remove a cluster, in which the next report can be drawn. Python waits for it.
    later = ThreadPoolExecutor(1, thread_name_prefix="sweep")

    def launch(system: SystemUnderTest, logs: Path, *, seed: int) -> DockerCluster:  # noqa: ARG001 - as above
        return DockerCluster(system, logs=logs, say=say_line, later=later)

    return launch


def _compose(project: str) -> Launch:
    # As above.
    from chaos.clusters.compose.cluster import ComposeCluster  # noqa: PLC0415
    from chaos.clusters.compose.project import members  # noqa: PLC0415
    from chaos.clusters.docker.engine import EngineMissing, connect  # noqa: PLC0415

    try:
        engine = connect()
    except EngineMissing as problem:
        raise SubstrateMissing(f"the compose substrate cannot be used: {problem}") from problem
    try:
        if not members(engine, project):
            raise HarnessProblem(
                f"no Compose project is called {project!r}; `docker compose ls` says which are up, "
                "and --substrate local or docker start a system of their own"
            )
    finally:
        engine.close()

    def launch(system: SystemUnderTest, logs: Path, *, seed: int) -> ComposeCluster:  # noqa: ARG001 - as above
        return ComposeCluster(system, logs=logs, project=project)

    return launch
