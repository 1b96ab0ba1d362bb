import errno
import os
import socket
import subprocess
import sys
from contextlib import ExitStack

import pytest

from chaos.ports import LOOPBACK, PortReservation

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
def test_a_plain_bind_of_a_reserved_port_is_refused_until_it_is_given_back() -> None:
    with PortReservation() as reservation, socket.socket() as stranger:
        with pytest.raises(OSError, match=os.strerror(errno.EADDRINUSE)):
            stranger.bind((LOOPBACK, reservation.port))
        reservation.close()
        stranger.bind((LOOPBACK, reservation.port))


@linux_only
def test_a_child_process_does_not_keep_the_reservation_alive() -> None:
    with PortReservation() as reservation:
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False) as child:
            reservation.close()
            with socket.socket() as stranger:
                stranger.bind((LOOPBACK, reservation.port))
            assert child.poll() is None
            child.communicate(b"\n", timeout=10)
        assert child.returncode == 0
