"""What is behind a name now."""

from __future__ import annotations

import asyncio
import socket
from typing import Protocol

from system.coordinator.addresses import Name


class Resolver(Protocol):
    async def __call__(self, name: Name) -> frozenset[str]:
        """The host:port of every address behind it, at least one. Raises OSError, and nothing else, when that cannot be
        found out.
        """
        ...


async def look_up(name: Name) -> frozenset[str]:
    """Ask the operating system, which knows hosts files and caches beside DNS. Addresses of either family count."""
    found = await asyncio.get_running_loop().getaddrinfo(name.host.strip("[]"), name.port, type=socket.SOCK_STREAM)
    return frozenset(_written(str(address[0]), name.port) for *_, address in found)


def _written(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
