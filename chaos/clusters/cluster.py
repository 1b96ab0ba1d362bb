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
from typing import Any, Final, NoReturn, Protocol, runtime_checkable

from chaos.machine import Machine
from chaos.page import Page
from chaos.probes import ProbeResult
from chaos.problems import HarnessProblem
from chaos.system_under_test import Edge, Node, Session, StatusPage, SystemUnderTest
from chaos.toxiproxy.toxic import Toxic

OUT_OF_MEMORY: Final = "out of memory"  # in the detail of the state of a node that was killed for want of it


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

    async def state(self) -> NodeState: ...

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


@runtime_checkable
class Starvable(NodeHandle, Protocol):
    """What it is left with belongs to the node and not to one life of it: a restart changes nothing of it."""

    async def starve(self, share: float) -> None:
        """Leave it no more than this share (0 to 1) of one processor, in place of what it was left before."""

    async def feed(self) -> None:
        """Give it all there is again. Nothing to do when nothing was taken."""

    async def processor_share(self, within_s: float) -> float:
        """The share of one processor that it can have, of at most 1.0, as whoever enforces it has it now.

        Measured or read in at most `within_s`, never remembered. 0.0 of a node that is paused or gone.
        """


@dataclass(frozen=True, slots=True)
class Memory:
    """Of one node, in MiB. `limit` is None where nothing but the machine limits it; `kills` is for want of memory."""

    limit: float | None
    used: float
    kills: int = 0


@runtime_checkable
class MemoryLimitable(NodeHandle, Protocol):
    async def limit_memory(self, mib: int) -> None:
        """It belongs to the node and not to one life of it, as with `Starvable`."""

    async def unlimit_memory(self) -> None:
        """What it had at the start. Nothing to do when nothing was taken."""

    async def memory(self) -> Memory:
        """As whoever enforces it has it now, never remembered."""


@runtime_checkable
class Disconnectable(NodeHandle, Protocol):
    """In a network that the substrate can take it out of while it runs."""

    async def disconnect(self) -> None:
        """Nobody is told: what was open stays so at both ends. Nothing to do when it is out."""

    async def reconnect(self) -> None:
        """Back under another address; returns once the node is ready. Nothing to do when it is in."""

    async def network_address(self) -> str:
        """As whoever gives it has it now; the empty one of a node that is out of the network, or gone."""


@dataclass(frozen=True, slots=True)
class Confession:
    """What a node itself says of the faults that it inflicts on itself, never what it was told to do.

    `in_force` has the parameters of each kind that it does now, `struck` how often each kind has struck in all lives.
    """

    in_force: Mapping[str, Mapping[str, Any]]
    struck: Mapping[str, int]


@runtime_checkable
class SelfInflicting(NodeHandle, Protocol):
    """Obeys in the kinds that `node.inflicts` names. They belong to the node and not to one life of it."""

    async def inflict(self, kind: str, parameters: Mapping[str, Any]) -> None:
        """Have it do this to itself, in place of what it does of this kind. A call starts every count anew.

        Returns once a running node says that it does; one that is paused or gone will when it runs. Raises
        HarnessProblem where a running one does not say so in time.
        """

    async def spare(self, kind: str) -> None:
        """Have it do nothing of this kind any more; returns like `inflict`. Nothing to do when it does nothing."""

    def confession(self) -> Confession: ...

    async def work(self, timeout_s: float) -> ProbeResult:
        """Ask the node itself, past every proxy, for the least piece of work that costs what every piece costs."""


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

    async def converse(self, times: int, timeout_s: float) -> ProbeResult:
        """The same question so many times over one connection, where the target's probe can ask so."""

    async def farewell(self, timeout_s: float) -> ProbeResult:
        """Open a connection, end one's own side of it at once, and wait until its end comes back."""


@runtime_checkable
class Unproxied(EdgeHandle, Protocol):
    """An edge on which there is no proxy, and which therefore cannot be broken."""

    @property
    def unproxied(self) -> str:
        """Why not, and where it could be."""


@runtime_checkable
class OnMachine(Protocol):
    """A cluster in real time: what else goes on where it runs can get in its way, and in that of the harness."""

    @property
    def machine(self) -> Machine:
        """The harness's, which is the cluster's too unless it is far away."""


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
        """One client program, whose connections lead through the client's edges."""

    def observe(self, page: StatusPage) -> AbstractAsyncContextManager[Page]:
        """One of the system's status pages, past every proxy."""

    async def heal(self) -> None:
        """Bring everything back to good, also what was broken by hand, and return once every node is ready.

        Raises HarnessProblem naming whatever did not come back.
        """

    async def watch(self) -> NoReturn:
        """Return never; raise HarnessProblem once what carries the cluster, as its proxies, is gone."""

    def unexpected_exits(self) -> tuple[UnexpectedExit, ...]: ...
