"""Probes of a simulated node: the same questions as `chaos.probes` asks over sockets, and the same answers."""

from __future__ import annotations

import asyncio
import errno
import math
from contextlib import suppress
from dataclasses import dataclass

from chaos.clients.wire import Sending
from chaos.clusters.simulated.connection import Connection
from chaos.clusters.simulated.grpc_wire import FRAMES, PREFACE, Begun, Failed, HealthCheck, Infer, Message
from chaos.clusters.simulated.http_client import HttpClient
from chaos.clusters.simulated.link import Link
from chaos.probes import GrpcEmptyCallProbe, GrpcHealthProbe, HttpProbe, NotReady, Probe, ProbeResult, attempt


async def probed(link: Link, readiness: Probe, timeout_s: float, *, times: int = 1) -> ProbeResult:
    return await attempt(LinkProbe(link, readiness, times), "", timeout_s=timeout_s)


async def bidden_farewell(link: Link, timeout_s: float) -> ProbeResult:
    return await attempt(LinkFarewell(link), "", timeout_s=timeout_s)


@dataclass(frozen=True, slots=True)
class LinkProbe:
    """`readiness` asked `times` times over a connection of its own through `link`."""

    link: Link
    readiness: Probe
    times: int = 1

    async def __call__(self, address: str) -> None:  # noqa: ARG002 - it knows its way
        match self.readiness:
            case HttpProbe(path=path, status=status):
                await self._http(path, status)
            case GrpcHealthProbe():
                await self._grpc()
            case GrpcEmptyCallProbe():
                await self._work()
            case _:
                connected(self.link, Health()).close_client()

    async def _http(self, path: str, status: int) -> None:
        client = HttpClient(self.link)
        try:
            for _ in range(self.times):
                reply = await client.exchange("GET", path, sending=Sending())
                if reply.status != status:
                    said = reply.body[:200].decode(errors="replace")
                    raise NotReady(f"{path} answered {reply.status} {said}".rstrip())
        finally:
            client.close()

    async def _grpc(self) -> None:
        health = Health()
        connection = connected(self.link, health)
        try:
            connection.up.push(PREFACE, FRAMES)
            await health.next()
            for number in range(self.times):
                connection.up.push(HealthCheck(number), FRAMES)
                if not (await health.next()).ok:
                    raise NotReady("health check: NOT_SERVING")
        finally:
            connection.close_client()

    async def _work(self) -> None:
        """A batch of nothing."""
        health = Health()
        connection = connected(self.link, health)
        try:
            connection.up.push(PREFACE, FRAMES)
            await health.next()
            connection.up.push(Infer(0, (), math.inf), FRAMES)
            answer = await health.next()
            if isinstance(answer, Failed):
                raise NotReady(f"Infer: {answer.status} {answer.details}")
        finally:
            connection.close_client()


@dataclass(frozen=True, slots=True)
class LinkFarewell:
    """As `chaos.probes.FarewellProbe`."""

    link: Link

    async def __call__(self, address: str) -> None:  # noqa: ARG002 - it knows its way
        health = Health()
        connected(self.link, health).end_client()
        with suppress(ConnectionResetError):
            await health.next()


def connected(link: Link, peer: Health) -> Connection:
    connection = link.dial(peer, None)
    if connection is None:
        raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
    return connection


class Health:
    """The client's end of a connection on which nothing but health is asked for.

    What comes is kept until somebody asks for it, the end too: it may follow an answer at once.
    """

    def __init__(self) -> None:
        self._come = asyncio.Queue[Message | ConnectionResetError]()

    async def next(self) -> Message:
        """What comes next. Raises ConnectionResetError where that is the end."""
        message = await self._come.get()
        if isinstance(message, ConnectionResetError):
            self._come.put_nowait(message)  # whatever is asked for after the end
            raise message
        return message

    def received(self, message: Message) -> None:
        if not isinstance(message, Begun):  # no answer yet
            self._come.put_nowait(message)

    def lost(self, *, reset: bool) -> None:
        why = "Connection reset by peer" if reset else "Socket closed"
        self._come.put_nowait(ConnectionResetError(errno.ECONNRESET, why))
