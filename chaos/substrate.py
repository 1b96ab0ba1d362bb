"""Where clusters run, by name, and whether that is to be had here."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from enum import StrEnum
from pathlib import Path
from typing import Final

from rich.console import Console

from chaos.clusters.cluster import Cluster
from chaos.problems import HarnessProblem
from chaos.system_under_test import SystemUnderTest
from chaos.toxiproxy.problem import ToxiproxyMissing

REQUIRED: Final = "REQUIRE_SUBSTRATES"  # environment: names whose absence is a failure, separated by commas

Launch = Callable[[SystemUnderTest, Path], AbstractAsyncContextManager[Cluster]]
"""From a system and a folder for its logs to a running cluster, for as long as the scope lasts."""


class Substrate(StrEnum):
    SIMULATED = "simulated"
    LOCAL = "local"
    DOCKER = "docker"


class SubstrateMissing(HarnessProblem):
    """Clusters cannot run there on this machine; the message says why, and what would mend it."""


def launcher(substrate: Substrate, console: Console) -> Launch:
    """Prepared for any number of clusters; what must be fetched or built for them is, and `console` tells of it.

    Raises SubstrateMissing.
    """
    if substrate is Substrate.LOCAL:
        return _local(console)
    raise SubstrateMissing(f"the {substrate.value} substrate is not part of this version; there is local")


def _local(console: Console) -> Launch:
    # Only who runs something needs what follows; collecting scenarios must stay quick.
    from chaos.clusters.local import LocalCluster  # noqa: PLC0415
    from chaos.toxiproxy.find import find  # noqa: PLC0415
    from chaos.toxiproxy.narration import narration  # noqa: PLC0415

    try:
        with narration(console) as say:
            server = find(say=say)
    except ToxiproxyMissing as problem:
        raise SubstrateMissing(f"the local substrate needs toxiproxy-server: {problem}") from problem
    return lambda system, logs: LocalCluster(system, logs=logs, toxiproxy=server)
