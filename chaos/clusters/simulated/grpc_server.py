"""The worker's end of gRPC connections: which of its calls is meant by a message."""

from __future__ import annotations

from typing import Protocol

from chaos.clusters.simulated.connection import Connection
from chaos.clusters.simulated.grpc_wire import (
    FRAMES,
    PREFACE,
    SETTINGS,
    Cancel,
    HealthCheck,
    Infer,
    Message,
    Told,
)
from chaos.clusters.simulated.process import Process


class Service(Protocol):
    """What a process answers that stands for a worker."""

    def health(self, call: int) -> Told: ...

    def infer(self, caller: Caller, call: Infer) -> None:
        """Answered by `caller.send`, now or later, with Inferred or Failed."""

    def abandon(self, caller: Caller, call: int | None) -> None:
        """Nobody waits any more for this call, or for any call of this connection."""


class Caller:
    """One connection of a coordinator."""

    def __init__(self, service: Service, connection: Connection) -> None:
        self._service = service
        self._connection = connection
        self._open = True

    def received(self, message: Message) -> None:
        if message is PREFACE:
            self.send(SETTINGS)
        elif isinstance(message, HealthCheck):
            self.send(self._service.health(message.call))
        elif isinstance(message, Infer):
            self._service.infer(self, message)
        elif isinstance(message, Cancel):
            self._service.abandon(self, message.call)

    def lost(self, *, reset: bool) -> None:  # noqa: ARG002 - gone is gone
        self._open = False
        self._service.abandon(self, None)

    def send(self, message: Message, size: int = FRAMES) -> None:
        if self._open:
            self._connection.down.push(message, size)


def serve(service: Service, process: Process) -> None:
    """Listen from now on."""
    process.listener = lambda connection: Caller(service, connection)
