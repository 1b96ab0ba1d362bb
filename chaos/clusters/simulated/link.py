"""The way to a node: straight, or through a proxy that can refuse, cut and disturb what goes through it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from chaos.clusters.simulated.connection import Connection, Peer
from chaos.clusters.simulated.loop import VirtualLoop
from chaos.clusters.simulated.process import Process
from chaos.clusters.simulated.stages import stage
from chaos.toxiproxy.toxic import Direction, Toxic


class Link:
    """`target` is the present life of the node behind it. A straight one has no proxy, and so no toxics."""

    def __init__(
        self, loop: VirtualLoop, rng: Random, target: Callable[[], Process | None], *, straight: bool = False
    ) -> None:
        self.loop = loop
        self.up = True
        self.toxics: dict[str, Toxic] = {}
        self._rng = rng
        self._target = target
        self._straight = straight
        self._connections: dict[Connection, None] = {}

    def dial(self, peer: Peer, process: Process | None) -> Connection | None:
        """A connection of `process`, with `peer` at its end; None where nobody listens.

        A proxy listens whatever is behind it, and closes where nothing is.
        """
        if not self.up:
            return None
        target = self._target()
        listener = None if target is None or target.ended else target.listener
        if listener is None and self._straight:
            return None
        server = None if listener is None else target
        connection = Connection(self.loop, self._rng, client=process, server=server, on_gone=self._gone)
        self._connections[connection] = None
        if listener is None:
            connection.client, connection.server_open = peer, False
            connection.down.receive = peer.received
            connection.cut()
        else:
            connection.between(peer, listener(connection))
            for toxic in self.toxics.values():
                self._disturb(connection, toxic)
        return connection

    def add_toxic(self, toxic: Toxic) -> None:
        self.toxics[toxic.name] = toxic
        for connection in self._connections:
            self._disturb(connection, toxic)

    def remove_toxic(self, name: str) -> None:
        if self.toxics.pop(name, None) is None:
            return
        for connection in list(self._connections):
            for pipe in (connection.up, connection.down):
                for each in [each for each in pipe.stages if each.toxic == name]:
                    each.removed()
                    pipe.stages.remove(each)

    def disable(self) -> None:
        self.up = False
        for connection in list(self._connections):
            connection.cut()

    def _disturb(self, connection: Connection, toxic: Toxic) -> None:
        pipe = connection.up if toxic.direction is Direction.UPSTREAM else connection.down
        pipe.stages.append(stage(toxic, pipe, connection, self._rng))

    def _gone(self, connection: Connection) -> None:
        self._connections.pop(connection, None)
