"""What carries HTTP requests from a client program to the system: real connections, or simulated ones."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol, runtime_checkable

REPLAYED_HEADER: Final = "Idempotent-Replayed"


@dataclass(slots=True)
class Sending:
    """How far one request got: whether a first byte of it may have left."""

    begun: bool = False


class WireReply(NamedTuple):
    """A complete reply. `retry_after` is that header; `replayed` says that the answer had been given before."""

    status: int
    body: bytes
    retry_after: str | None = None
    replayed: bool = False


class Wire(Protocol):
    """Connections to one address; any number of requests at once."""

    async def exchange(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None, *, sending: Sending
    ) -> WireReply:
        """Raises OSError or aiohttp.ClientError; waits for as long as it is let."""


@runtime_checkable
class OwnNetwork(Protocol):
    """An event loop that has a network of its own, as a simulation does."""

    def wire(self, base_url: str) -> AbstractAsyncContextManager[Wire]: ...
