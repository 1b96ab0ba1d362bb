"""What is behind a name now."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import Future
from threading import Thread
from typing import Any, Protocol

from system.coordinator.addresses import Name


class Resolver(Protocol):
    async def __call__(self, name: Name) -> frozenset[str]:
        """The host:port of every address behind it, at least one. Raises OSError, and nothing else, when that cannot be
        found out.
        """
        ...


async def look_up(name: Name) -> frozenset[str]:
    """Ask the operating system, which knows hosts files and caches beside DNS. Addresses of either family count.

    In a thread that the end of the process does not wait for, unlike those that event loops have for this: it cannot be
    cancelled, and a name server that does not answer holds it for ten seconds and more.
    """
    asked: Future[list[Any]] = Future()
    asked.set_running_or_notify_cancel()

    def ask() -> None:
        try:
            asked.set_result(socket.getaddrinfo(name.host.strip("[]"), name.port, type=socket.SOCK_STREAM))
        except BaseException as problem:  # noqa: BLE001 - whose it is, is who waits for it
            asked.set_exception(problem)

    Thread(target=ask, name=f"looks up {name}", daemon=True).start()
    found = await asyncio.wrap_future(asked)
    return frozenset(_written(str(address[0]), name.port) for *_, address in found)


def _written(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
