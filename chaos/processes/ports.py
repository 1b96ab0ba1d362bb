"""Loopback ports that belong to a cluster before, between and after the lives of the processes that listen on them.

Asking the kernel for a free port, closing the socket and passing the number on is a race: the port may be handed to
somebody else in between, and again each time the node is down. A reservation holds its socket instead, bound and never
listening:

- a child that sets SO_REUSEADDR (asyncio, uvicorn, gRPC and Go all do) may bind and listen beside it, again and again;
- while no child listens, connections are refused, exactly as if the reservation were not there;
- the kernel gives the port to nobody who asks for "any port", and refuses a plain bind of it.

This is how Linux defines SO_REUSEADDR. Elsewhere two such binds collide, so there the reservation only picks the number
and the race remains.
"""

import os
import socket
import sys
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

LOOPBACK: Final = "127.0.0.1"


class PortReservation:
    """One loopback port, ours until `close`; a context manager, so that an exit stack can own it."""

    __slots__ = ("_socket", "port")

    def __init__(self, port: int = 0) -> None:
        """Any free one for 0. OSError where somebody else has the one that is wanted."""
        # Python makes sockets non-inheritable, so no child keeps the reservation alive.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind((LOOPBACK, port))
        except OSError:
            self._socket.close()
            raise
        self.port: int = self._socket.getsockname()[1]
        if sys.platform != "linux":
            self._socket.close()

    @property
    def address(self) -> str:
        """`host:port`, as settings and proxies want it."""
        return f"{LOOPBACK}:{self.port}"

    def close(self) -> None:
        """Give the port back; closing twice is fine."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"PortReservation({self.address})"


def listener(port: int, *, beside: int) -> str | None:
    """Who listens on a loopback port and is not of the process group `beside`; None where nobody does.

    None also where the system does not tell: macOS tells root alone.
    """
    import psutil  # noqa: PLC0415 - only who looks for a thief needs it

    try:
        connections = psutil.net_connections(kind="tcp4")
    except psutil.Error:
        return None
    for each in connections:
        if each.status != psutil.CONN_LISTEN or not each.laddr or each.laddr.port != port:
            continue
        if each.laddr.ip not in (LOOPBACK, "0.0.0.0"):  # noqa: S104 - read, not bound
            continue
        if each.pid is None:
            return "a process of somebody else"
        with suppress(ProcessLookupError, psutil.NoSuchProcess):  # it has gone in this moment
            if os.getpgid(each.pid) != beside:
                return f"pid {each.pid} ({psutil.Process(each.pid).name()})"
    return None
