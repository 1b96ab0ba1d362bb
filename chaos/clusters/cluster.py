"""What faults act on: a running system, its nodes and its edges, whatever it runs on.

Abilities are small protocols that a handle may have or lack (`isinstance` tells): a fault asks for the one it needs,
and a substrate that cannot pause simply has no pausable nodes. Time is that of the running event loop, so that it may
be virtual.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NoReturn, Protocol, runtime_checkable

from chaos.page import Page
from chaos.probes import ProbeResult
from chaos.problems import HarnessProblem
from chaos.system_under_test import Edge, Node, Session, SystemUnderTest
from chaos.toxiproxy.toxic import Toxic


class ClusterProblem(HarnessProblem):
    """Something of a cluster did not start, did not obey, or did not come back; the message names it."""


class Phase(StrEnum):
    NEW = "not started yet"
    RUNNING = "running"
    PAUSED = "paused"
    EXITED = "exited"


@dataclass(frozen=True, slots=True)
class NodeState:
    """What the substrate knows of a node at this moment, asked afresh and never remembered.

    `life` tells one life of the node from the next (a process id, a container's start time). `killed` is True when it
    was ended by force rather than by its own doing, `code` what it ended with where it ended by itself.
    """

    phase: Phase
    life: str
    killed: bool = False
    code: int | None = None
    detail: str = ""

    def __str__(self) -> str:
        said = f", {self.detail}" if self.detail else ""
        return f"{self.phase.value} ({self.life}{said})"


class NodeHandle(Protocol):
    @property
    def node(self) -> Node: ...

    def state(self) -> NodeState: ...

    async def probe(self, timeout_s: float) -> ProbeResult:
        """Ask the node itself whether it serves, past every proxy."""


@runtime_checkable
class Startable(NodeHandle, Protocol):
    async def start(self) -> None:
        """Begin the next life and return once it is ready; nothing to do when it is running.

        One that was told to end is waited for first.
        """


@runtime_checkable
class Killable(Startable, Protocol):
    async def kill(self) -> None:
        """End it by force and return once it is gone; nothing to do when it is."""


@runtime_checkable
class Terminable(Startable, Protocol):
    async def terminate(self) -> None:
        """Tell it to end, and do not wait until it has; nothing to do when it is gone."""


@runtime_checkable
class Pausable(NodeHandle, Protocol):
    async def pause(self) -> None: ...

    async def resume(self) -> None:
        """Nothing to do when it runs or is gone."""


class EdgeHandle(Protocol):
    """A proxy between two nodes. Every call is bounded and raises HarnessProblem when the proxy does not obey."""

    @property
    def edge(self) -> Edge: ...

    async def add_toxic(self, toxic: Toxic) -> None: ...

    async def remove_toxic(self, name: str) -> None:
        """Nothing to do when there is none of that name."""

    async def disable(self) -> None:
        """Refuse connections, and cut those that are open."""

    async def enable(self) -> None: ...

    async def probe(self, timeout_s: float) -> ProbeResult:
        """The target's readiness probe, sent through the edge on a connection of its own."""


@dataclass(frozen=True, slots=True)
class UnexpectedExit:
    """A node ended though no fault had ended it. `at` is in seconds of the event loop's clock."""

    node: str
    at: float
    state: NodeState
    log_tail: str

    def __str__(self) -> str:
        return f"{self.node} {self.state} though nobody had ended it\n{self.log_tail}"


class Cluster(Protocol):
    @property
    def substrate(self) -> str: ...

    @property
    def system(self) -> SystemUnderTest: ...

    @property
    def nodes(self) -> Mapping[str, NodeHandle]:
        """By name."""

    @property
    def edges(self) -> Mapping[str, EdgeHandle]:
        """By name, arrow included."""

    @property
    def logs(self) -> Path:
        """The folder of `<node>.log`."""

    def connect(self) -> AbstractAsyncContextManager[Session]:
        """One client program, whose connections lead through the client's edge."""

    def observe(self) -> AbstractAsyncContextManager[Page | None]:
        """The system's status page, past every proxy; None of a system that has none."""

    async def heal(self) -> None:
        """Bring everything back to good, also what was broken by hand, and return once every node is ready.

        Raises HarnessProblem naming whatever did not come back.
        """

    async def watch(self) -> NoReturn:
        """Return never; raise HarnessProblem once what carries the cluster, as its proxies, is gone."""

    def unexpected_exits(self) -> tuple[UnexpectedExit, ...]: ...
