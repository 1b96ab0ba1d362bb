"""What is tested, as a value: the nodes of a system, the edges between them, and how a client uses it.

Nothing here knows where the nodes run; a substrate turns this value into a running cluster. Commands and environments
are templates in the notation of `str.format`:

    {host}       the address to listen on: one that the node's clients reach, and as few others as possible
    {port}       the node's own port
    {python}     the interpreter that runs the harness; in a container, its own
    {worker1}    host:port at which *this* node reaches worker1: the proxy of the edge between the two
    {mishaps}    a file in which the node reads which faults it shall inflict on itself (see `Node.inflicts`)

    SystemUnderTest(
        name="echo",
        nodes=(Node("server", ("{python}", "server.py", "{port}"), readiness=HttpProbe("/"), capacity=1),),
        edges=(Edge("client", "server"),),
        client=EchoClient(),
    )
"""

import re
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from string import Formatter
from typing import Any, Final, Protocol, runtime_checkable

from chaos.image import Image
from chaos.probes import Probe, TcpProbe
from chaos.problems import HarnessProblem
from chaos.recipe import Recipe, recipe_of
from chaos.target_names import ARROW, target_name, target_parts
from reports.history import OpType

CLIENT: Final = "client"  # the source of the edge that the load comes in by; not a node
DRAWN: Final = frozenset({"minority", "majority", "all_workers"})  # names that stand for others (chaos.targets)
OWN_FIELDS: Final = frozenset({"host", "port", "python", "mishaps"})
NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]+")


class InvalidSystem(HarnessProblem):
    """The description contradicts itself; the message lists everything that is wrong with it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of one request: `ok`, `fail` (certainly not done) or `info` (unknown), never `invoke`.

    `value` is what the answer said. It may hold anything that JSON has; invariants read, where it is there:

        output       the answer itself, which is compared with the golden one; every ok needs it
        request_id   the system's own name for the request: two answers under one id are one too many
        retries      how often it was tried again, a count; for `retries_explained` and the figures of a run
        worker       the node that answered, by its name among the nodes

    `error` says in one line why it is no ok.
    """

    type: OpType
    value: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None


class Session(Protocol):
    """One client program's connections to the system, shared by all the clients of a load."""

    async def ask(self, input: str, deadline_s: float) -> Reply:  # noqa: A002 - the project's word for it
        """Send one input and wait at most `deadline_s`; whatever goes wrong on the way is a reply too.

        `chaos.clients.outcomes` knows which of the three a reply is: `of_status` by its HTTP status, `of_error` by the
        error met instead of one.
        """


class Client(Protocol):
    """How an input becomes a request, how what comes back becomes a reply, and what the right answer would be."""

    def open(self, base_url: str) -> AbstractAsyncContextManager[Session]: ...

    def expected(self, input: str) -> str | None:  # noqa: A002 - as above
        """The golden answer of this very system to an input; where it is None, a label that came with the input counts.

        A client that always says None leaves `answers_correct` to the user's own labels (`chaos.inputs.from_file`); the
        sentences that a workload has by default bring none.
        """


@runtime_checkable
class RoamingClient(Client, Protocol):
    """A client that knows several ways in, and which to try next."""

    def open_any(self, base_urls: Mapping[str, str]) -> AbstractAsyncContextManager[Session]:
        """Base URLs by the name of the node behind each."""


@dataclass(frozen=True, slots=True)
class Supervision:
    """Ends that are part of the plan, as when a text kills on purpose: those with exit code `code`.

    A node that ends so is started again `after_s` later, as whatever runs it in earnest would do.
    """

    code: int
    after_s: float


@dataclass(frozen=True, slots=True)
class Variant:
    """A program that is another one but for something of its core, as one with a planted bug is.

    A simulation runs what it would run for the `command` of the other one, within `scope`.
    """

    command: tuple[str, ...]
    scope: Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Node:
    """One program of the system. `capacity` is its share of the work in any unit; 0 for one that does none.

    It runs in `directory`, or where the harness does. An end of its own is a violation, unless `supervision` is for it.
    A node that somebody else started is compared with `environment`, and with `defaults`, which are what its program
    takes where such a variable is empty or not set.

    `inflicts` names the faults that it inflicts on itself when the file `{mishaps}` says so: in JSON, an object with
    the parameters of each kind, `{"slow_model": {"ms": 200}}`; no file is an empty one. It looks while it runs, and
    tells in its log, as JSON lines, what it does from now on (`{"event": "mishaps", "in_force": {…}}`) and what it has
    just done (`{"event": "mishap", "kind": "fail_rpc"}`). `work` asks it for the least piece of its work.

    `twin` stands for it on the simulated substrate, which cannot run commands: a coroutine function that is given a
    `chaos.clusters.simulated.process.Process` and returns its exit code, or the bundled program that this is a variant
    of. The bundled programs themselves need none.

    `image` is for substrates whose nodes are containers: the same command is run in it, and `directory` is there too,
    read-only. An image that exists already is given by its name.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    readiness: Probe = field(default_factory=TcpProbe)
    capacity: float = 0.0
    ready_within_s: float = 30.0
    directory: Path | None = None
    supervision: Supervision | None = None
    inflicts: frozenset[str] = frozenset()
    work: Probe | None = None
    twin: Callable[[Any], Coroutine[Any, Any, int]] | Variant | None = None
    image: Image | str | None = None
    defaults: Mapping[str, str] = field(default_factory=dict)

    @property
    def templates(self) -> tuple[str, ...]:
        return (*self.command, *self.environment.values())


@dataclass(frozen=True, slots=True)
class Edge:
    """A connection that goes through a proxy, from the node that opens it to the node that accepts it."""

    source: str
    target: str

    @property
    def name(self) -> str:
        return f"{self.source}{ARROW}{self.target}"

    def __str__(self) -> str:
        return self.name


class Printer(Protocol):
    """What Hypothesis and IPython print values with."""

    def text(self, obj: str) -> None: ...


@dataclass(frozen=True, slots=True)
class StatusPage:
    """Where a node tells of itself in JSON over HTTP; asked directly, past every proxy."""

    node: str
    path: str


@dataclass(frozen=True, slots=True)
class SystemUnderTest:
    """Raises InvalidSystem with all that is wrong. `settings` are its promises, in seconds and counts.

    The load comes in by one edge from the client, or, of a `RoamingClient`, by any of several. `observe` may be several
    pages too, a node's each: what they say is then kept apart (`reports.record.Record.statuses_of`).

    `recipe` is how it was made, where it was made by something `remakeable`: runs of such a system can be replayed.
    In this project's repository, tests/chaos/relay.py describes a foreign system from its first node to its client.
    """

    name: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    client: Client
    settings: Mapping[str, Any] = field(default_factory=dict)
    observe: StatusPage | tuple[StatusPage, ...] | None = None
    recipe: Recipe | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if problems := tuple(self._problems()):
            raise InvalidSystem(
                "\n".join([f"system {self.name!r} cannot be used:", *(f"  - {each}" for each in problems)])
            )

    def _repr_pretty_(self, printer: Printer, _cycle: bool) -> None:
        """Its fields, with those of its client, fill pages."""
        printer.text(f"<{self.name}>")

    @property
    def entries(self) -> tuple[Edge, ...]:
        """The edges that the load comes in by."""
        return tuple(edge for edge in self.edges if edge.source == CLIENT)

    @property
    def pages(self) -> tuple[StatusPage, ...]:
        """Where its nodes tell of themselves."""
        if self.observe is None:
            return ()
        return (self.observe,) if isinstance(self.observe, StatusPage) else self.observe

    def connect(self, base_urls: Mapping[str, str]) -> AbstractAsyncContextManager[Session]:
        """One client program of its client's; each URL leads through the edge of that name."""
        client, entries = self.client, self.entries
        if isinstance(client, RoamingClient):
            return client.open_any({edge.target: base_urls[edge.name] for edge in entries})
        (only,) = entries
        return client.open(base_urls[only.name])

    def node(self, name: str) -> Node:
        """Raises KeyError when there is none of that name."""
        return {node.name: node for node in self.nodes}[name]

    def edge(self, name: str) -> Edge:
        """Raises KeyError when there is none of that name."""
        return {edge.name: edge for edge in self.edges}[target_name(name)]

    @property
    def targets(self) -> tuple[str, ...]:
        """Everything that a fault can be aimed at, nodes first."""
        return (*(node.name for node in self.nodes), *(edge.name for edge in self.edges))

    def cut_off(self, target: str) -> tuple[str, ...]:
        """The working nodes that no path from the client reaches any more without this node, edge or set of edges."""
        everywhere = self.reached_from(CLIENT)
        remaining = self.reached_from(CLIENT, without=target)
        return tuple(
            node.name
            for node in self.nodes
            if node.capacity and (node.name == target or (node.name in everywhere and node.name not in remaining))
        )

    def waits_for(self, name: str) -> frozenset[str]:
        """The nodes that must be ready before this one starts: those it connects to, unless they lead back to it."""
        return frozenset(
            edge.target for edge in self.edges if edge.source == name and name not in self.reached_from(edge.target)
        )

    def reached_from(self, name: str, *, without: str = "") -> frozenset[str]:
        """Every node at the end of a path of edges that avoids the node, edge or edges `without`, and `name` itself."""
        avoided = target_parts(without)
        reached, frontier = set[str](), {name}
        while frontier:
            reached |= frontier
            frontier = {
                edge.target
                for edge in self.edges
                if edge.source in frontier and edge.target not in avoided and edge.name not in avoided
            } - reached
        return frozenset(reached - {CLIENT})

    def to_json(self) -> dict[str, Any]:
        """For run.json. Of the environment only the names: its values may be nobody's business."""
        return {
            "name": self.name,
            "nodes": [
                {
                    "name": node.name,
                    "capacity": node.capacity,
                    "command": list(node.command),
                    "environment": sorted(node.environment),
                    "supervision": None if node.supervision is None else asdict(node.supervision),
                }
                for node in self.nodes
            ],
            "edges": [edge.name for edge in self.edges],
            "settings": dict(self.settings),
            "observe": [asdict(page) for page in self.pages],
            "recipe": None if (recipe := recipe_of(self)) is None else recipe.to_json(),
        }

    def _problems(self) -> Iterator[str]:
        names = [node.name for node in self.nodes]
        yield from (f"two nodes are called {name!r}" for name in _repeated(names))
        yield from (f"two edges are {name}" for name in _repeated(edge.name for edge in self.edges))
        for node in self.nodes:
            yield from self._node_problems(node)
        for edge in self.edges:
            if edge.source not in (*names, CLIENT):
                yield f"edge {edge}: no node is called {edge.source!r}"
            if edge.target not in names:
                yield f"edge {edge}: no node is called {edge.target!r}"
            if edge.source == edge.target:
                yield f"edge {edge}: leads from a node to itself"
        entries = [edge.name for edge in self.entries]
        if len(entries) != 1 and not (entries and isinstance(self.client, RoamingClient)):
            yield f"exactly one edge must come from {CLIENT!r}, found {', '.join(entries) or 'none'}"
        yield from (f"observe: no node is called {page.node!r}" for page in self.pages if page.node not in names)
        yield from (f"observe: two pages are {name!r}'s" for name in _repeated(page.node for page in self.pages))

    def _node_problems(self, node: Node) -> Iterator[str]:
        if not NAME.fullmatch(node.name):
            yield f"node {node.name!r}: a name is a letter and at least one more of letters, digits, '-' and '_'"
        if node.name in (OWN_FIELDS | DRAWN | {CLIENT, "nemesis", "observer"}):
            yield f"node {node.name!r}: this name has a meaning of its own here"
        if not node.command:
            yield f"node {node.name!r}: it has no command"
        if not node.capacity >= 0:
            yield f"node {node.name!r}: capacity {node.capacity} is negative"
        if not node.ready_within_s > 0:
            yield f"node {node.name!r}: ready_within_s {node.ready_within_s} is not positive"
        if node.supervision is not None and not node.supervision.after_s >= 0:
            yield f"node {node.name!r}: after_s {node.supervision.after_s} of its supervision is negative"
        yield from self._template_problems(node)

    def _template_problems(self, node: Node) -> Iterator[str]:
        if node.inflicts and not any("{mishaps}" in template for template in node.templates):
            yield f"node {node.name!r}: nothing tells it {{mishaps}}, where to read what to inflict on itself"
        known = OWN_FIELDS | {edge.target for edge in self.edges if edge.source == node.name}
        for template in node.templates:
            try:
                fields = [name for _, name, _, _ in Formatter().parse(template) if name is not None]
            except ValueError as problem:
                yield f"node {node.name!r}: template {template!r}: {problem}"
                continue
            for name in sorted(set(fields) - known):
                yield f"node {node.name!r}: template {template!r}: {{{name}}} is not the target of one of its edges"


def _repeated(names: Iterable[str]) -> list[str]:
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
    return [name for name, count in seen.items() if count > 1]
