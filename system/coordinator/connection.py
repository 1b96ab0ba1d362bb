"""The channel to a worker, and how another takes its place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import grpc
import grpc.aio

from proto import inference_pb2_grpc
from system.tls.channel import ChannelTls

_OPTIONS: Final = (
    # gRPC's own reconnect back-off starts at 1 s and grows to 120 s; a worker that returns must be found at once.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 500),
    # Also how long one attempt to connect may take; its default of 20 s is how long a black hole would hold it.
    ("grpc.min_reconnect_backoff_ms", 500),
    # Channels that share connections below the surface cannot be replaced.
    ("grpc.use_local_subchannel_pool", 1),
    # Retrying is the dispatcher's work: a second, hidden retry would spoil its account of attempts.
    ("grpc.enable_retries", 0),
    ("grpc.enable_http_proxy", 0),
    # Ample for the answers to the largest batch, 1024 items; a worker that sends more is broken, and is refused.
    ("grpc.max_receive_message_length", 4 * 1024 * 1024),
)


class Channel:
    """`calls` are those under way on it."""

    def __init__(self, address: str, tls: ChannelTls | None) -> None:
        self.credentials = None if tls is None else tls.credentials
        if tls is None or self.credentials is None:
            self._channel = grpc.aio.insecure_channel(address, options=_OPTIONS)
        else:
            name = () if tls.name is None else (("grpc.ssl_target_name_override", tls.name),)
            self._channel = grpc.aio.secure_channel(address, self.credentials, options=(*_OPTIONS, *name))
        self.stub = inference_pb2_grpc.InferenceServiceStub(self._channel)
        self.calls = 0

    def connected(self) -> bool:
        """Connects if it has not begun to."""
        return self._channel.get_state(try_to_connect=True) is grpc.ChannelConnectivity.READY

    async def close(self) -> None:
        """Calls under way end as if they were cancelled."""
        await self._channel.close()


class Connection:
    """One channel at a time. Another takes over at once by `replace`, and where TLS's files have changed by `renew`: as
    soon as it is connected, and without a call being cut. New files that the worker does not take, or that do not take
    the worker, leave a channel in place that still serves.
    """

    def __init__(self, address: str, tls: ChannelTls | None) -> None:
        self._address = address
        self._tls = tls
        self._current = Channel(address, tls)
        self._successor: Channel | None = None
        self._retired: list[Channel] = []

    @contextmanager
    def call(self) -> Iterator[inference_pb2_grpc.InferenceServiceAsyncStub]:
        """For one call, from its start to its end."""
        channel = self._current
        channel.calls += 1
        try:
            yield channel.stub
        finally:
            channel.calls -= 1

    async def replace(self) -> None:
        stale = self._current
        self._current = Channel(self._address, self._tls)
        await stale.close()

    async def renew(self) -> None:
        """Costs nothing where nothing has changed; never waits for the network. Call it now and then."""
        if self._tls is None:
            return
        newest = self._tls.credentials
        if self._successor is not None and (
            self._current.credentials is newest or self._successor.credentials is not newest
        ):
            await self._successor.close()
            self._successor = None
        if self._current.credentials is not newest:
            if self._successor is None:
                self._successor = Channel(self._address, self._tls)
            if self._successor.connected():
                self._retired.append(self._current)
                self._current, self._successor = self._successor, None
        for channel in [channel for channel in self._retired if not channel.calls]:
            self._retired.remove(channel)
            await channel.close()

    async def close(self) -> None:
        for channel in filter(None, (self._current, self._successor, *self._retired)):
            await channel.close()
