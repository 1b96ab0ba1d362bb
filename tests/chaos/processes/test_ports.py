import errno
import os
import socket
import subprocess
import sys
from contextlib import ExitStack

import pytest

from chaos.processes.ports import LOOPBACK, PortReservation

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a listener share a held port")


def listener(port: int) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((LOOPBACK, port))
    sock.listen()
    return sock


@linux_only
def test_listeners_come_and_go_on_a_reserved_port() -> None:
    with PortReservation() as reservation:
        for _ in range(3):
            with listener(reservation.port) as server, socket.create_connection((LOOPBACK, reservation.port)) as client:
                accepted, _ = server.accept()
                accepted.sendall(b"hello")
                assert client.recv(5) == b"hello"
                accepted.close()
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((LOOPBACK, reservation.port))


@linux_only
def test_a_reserved_port_is_handed_to_nobody_else() -> None:
    with ExitStack() as stack:
        ours = {stack.enter_context(PortReservation()).port for _ in range(50)}
        assert len(ours) == 50
        theirs = [stack.enter_context(socket.socket()) for _ in range(400)]
        for number, sock in enumerate(theirs):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, number % 2)
            sock.bind((LOOPBACK, 0))
        assert ours.isdisjoint(sock.getsockname()[1] for sock in theirs)


@linux_only
def test_a_plain_bind_of_a_reserved_port_is_refused() -> None:
    refused = pytest.raises(OSError, match=os.strerror(errno.EADDRINUSE))
    with PortReservation() as reservation, socket.socket() as stranger, refused:
        stranger.bind((LOOPBACK, reservation.port))


@linux_only
def test_a_child_process_does_not_keep_the_reservation_alive() -> None:
    # Sockets are links that lead to no file; the inode is in the link's text.
    show = "import os; print(*(os.readlink(entry.path) for entry in os.scandir('/proc/self/fd')))"
    with PortReservation() as reservation, socket.socket() as inherited:
        inherited.set_inheritable(True)
        child = subprocess.run(
            (sys.executable, "-c", show), capture_output=True, text=True, close_fds=False, check=True
        )
        assert f"socket:[{os.fstat(inherited.fileno()).st_ino}]" in child.stdout
        assert f"socket:[{os.fstat(reservation._socket.fileno()).st_ino}]" not in child.stdout


@linux_only
def test_a_closed_reservation_gives_the_port_back() -> None:
    with PortReservation() as reservation:
        reservation.close()
        reservation.close()
        assert reservation._socket.fileno() == -1
