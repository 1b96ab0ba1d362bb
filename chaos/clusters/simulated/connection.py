"""A connection through an edge: messages one way and the other, each of them whole or not at all.

    client ──▶ up: stage, stage … ──▶ server
           ◀── down: stage, stage … ◀──

A stage is what a toxic makes of one direction of one connection (see stages.py). Messages keep their order. A closing
travels like a message; whoever closes one direction at its far end closes the other one, as Toxiproxy does.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, Final, Protocol

from chaos.clusters.simulated.loop import VirtualLoop
from chaos.clusters.simulated.process import Process

# One way over loopback and through a proxy, seconds: at least, and how much more at most.
LEAST_HOP_S: Final = 0.00006
HOP_SPREAD_S: Final = 0.00012


class Peer(Protocol):
    """One end of a connection."""

    def received(self, message: Any) -> None: ...  # noqa: ANN401 - whatever the two speak

    def lost(self, *, reset: bool) -> None:
        """The other end is gone. Called once, and never of an end that closed by itself."""


class Stage(Protocol):
    """What a toxic does to one direction of one connection."""

    toxic: str

    def take(self, message: Any, size: int) -> None: ...  # noqa: ANN401 - as above

    def end(self, *, reset: bool) -> None: ...

    def removed(self) -> None:
        """The toxic is gone; what was held back goes on."""


class Pipe:
    """One direction. `arrived` has what comes out brought to the receiving process."""

    def __init__(
        self, loop: VirtualLoop, rng: Random, process: Process | None, on_end: Callable[[Pipe, bool], None]
    ) -> None:
        self.loop = loop
        self.stages: list[Stage] = []
        self.process = process
        self.receive: Callable[[Any], None] | None = None
        self.ended = False
        self._on_end = on_end
        self._hop = rng.random
        self._due = 0.0

    def push(self, message: Any, size: int) -> None:  # noqa: ANN401 - as above
        if self.stages:
            self.stages[0].take(message, size)
        else:
            self.arrive(message)

    def after(self, stage: Stage, message: Any, size: int) -> None:  # noqa: ANN401 - as above
        """On from one stage to the next."""
        position = self.stages.index(stage) + 1
        if position < len(self.stages):
            self.stages[position].take(message, size)
        else:
            self.arrive(message)

    def end(self, *, reset: bool = False) -> None:
        """The sending end is closed; nothing is pushed any more."""
        if self.stages:
            self.stages[0].end(reset=reset)
        else:
            self.finish(reset=reset)

    def end_after(self, stage: Stage, *, reset: bool) -> None:
        position = self.stages.index(stage) + 1
        if position < len(self.stages):
            self.stages[position].end(reset=reset)
        else:
            self.finish(reset=reset)

    def arrive(self, message: Any) -> None:  # noqa: ANN401 - as above
        if not self.ended and self.receive is not None:
            self.loop.arrive_at(self.due(), self.process, self.receive, message)

    def due(self) -> float:
        """When something sent now arrives: never before what was sent earlier."""
        due = self.loop.time() + LEAST_HOP_S + HOP_SPREAD_S * self._hop()
        self._due = max(self._due, due)
        return self._due

    def finish(self, *, reset: bool) -> None:
        """The receiving end is told that it was closed."""
        if not self.ended:
            self.ended = True
            self._on_end(self, reset)


class Connection:
    """`client_open` and `server_open` until that end closed, or was told that the other did."""

    def __init__(
        self,
        loop: VirtualLoop,
        rng: Random,
        *,
        client: Process | None,
        server: Process | None,
        on_gone: Callable[[Connection], None],
    ) -> None:
        self.up = Pipe(loop, rng, server, self._through)
        self.down = Pipe(loop, rng, client, self._through)
        self.client: Peer | None = None
        self.server: Peer | None = None
        self.client_open = True
        self.server_open = True
        self._loop = loop
        self._client_hold, self._server_hold = Hold(self.close_client), Hold(self.close_server)
        self._on_gone = on_gone
        if client is not None:
            client.holds[self._client_hold] = None
        if server is not None:
            server.holds[self._server_hold] = None

    def between(self, client: Peer, server: Peer) -> None:
        self.client, self.server = client, server
        self.up.receive, self.down.receive = server.received, client.received

    def close_client(self) -> None:
        """By the client itself."""
        if self.client_open:
            self.client_open = False
            self.down.receive = None
            self._client_hold.let_go(self.down.process)
            self.up.end()

    def close_server(self) -> None:
        """By the server itself."""
        if self.server_open:
            self.server_open = False
            self.up.receive = None
            self._server_hold.let_go(self.up.process)
            self.down.end()

    def end_client(self) -> None:
        """The client says no more, and listens on."""
        self.up.end()

    def cut(self, *, reset: bool = False) -> None:
        """By what lies between, at both ends."""
        self.up.finish(reset=reset)
        self.down.finish(reset=reset)

    def _through(self, pipe: Pipe, reset: bool) -> None:
        """A closing has come out at the far end of one direction; there, the other one is closed as well."""
        if pipe is self.up:
            if self.server_open:
                self._loop.arrive_at(pipe.due(), pipe.process, self._server_lost, reset)
            other = self.down
        else:
            if self.client_open:
                self._loop.arrive_at(pipe.due(), pipe.process, self._client_lost, reset)
            other = self.up
        if not other.ended:
            other.end(reset=reset)
        if self.up.ended and self.down.ended:
            self._on_gone(self)

    def _server_lost(self, reset: bool) -> None:
        if self.server_open:
            self.server_open = False
            self._server_hold.let_go(self.up.process)
            if self.server is not None:
                self.server.lost(reset=reset)

    def _client_lost(self, reset: bool) -> None:
        if self.client_open:
            self.client_open = False
            self._client_hold.let_go(self.down.process)
            if self.client is not None:
                self.client.lost(reset=reset)


class Hold:
    """One process's end of a connection, for its operating system to close."""

    __slots__ = ("_close",)

    def __init__(self, close: Callable[[], None]) -> None:
        self._close = close

    def process_ended(self) -> None:
        self._close()

    def let_go(self, process: Process | None) -> None:
        if process is not None:
            process.holds.pop(self, None)
