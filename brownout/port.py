"""Whether the coordinator may listen on the port it is asked to; known before anything is started."""

import socket
from contextlib import suppress

import psutil

from chaos.problems import HarnessProblem
from chaos.processes.ports import LOOPBACK


class PortTaken(HarnessProblem):
    """Somebody else listens there; the message says who, where the system tells, and what to do instead."""

    def __init__(self, port: int, reason: str, option: str = "up --port") -> None:
        holder = holder_of(port)
        whose = f" (held by {holder})" if holder else ""
        super().__init__(
            f"port {port} on {LOOPBACK} cannot be listened on: {reason}{whose}\n"
            f"Stop what holds it, or choose another: brownout {option} {port + 1 if port < 65535 else 8000}"
        )


def flaw_of(port: int) -> str | None:
    """Why nobody new may listen there, or None."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the coordinator does, so that connections of its former life do not count as somebody listening.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as problem:
            return problem.strerror or str(problem)
    return None


def check(port: int, option: str = "up --port") -> None:
    """Raises PortTaken; `option` is the one that chooses another."""
    if (flaw := flaw_of(port)) is not None:
        raise PortTaken(port, flaw, option)


def holder_of(port: int) -> str | None:
    """Name and id of the process that listens on a port; None where the system does not tell us."""
    with suppress(psutil.AccessDenied, psutil.NoSuchProcess):
        for connection in psutil.net_connections("tcp"):
            listening = connection.laddr if connection.status == psutil.CONN_LISTEN else ()
            if listening and listening.port == port and connection.pid:
                return f"{psutil.Process(connection.pid).name()}, pid {connection.pid}"
    return None
