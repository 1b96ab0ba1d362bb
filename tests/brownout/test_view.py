"""`brownout view` as a person would start it; what its pages show is for the tests in a browser."""

from __future__ import annotations

import signal
import socket
import subprocess
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from chaos.processes.ports import PortReservation
from tests.brownout.called import Called
from tests.brownout.running_up import COMMAND, eventually


def serves(port: int) -> bool:
    try:
        with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            connection.request("GET", "/_stcore/health")
            return connection.getresponse().status == 200
    except OSError:
        return False


def test_it_serves_pages_until_it_is_told_to_stop(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "run.json").write_text("{}")
    with PortReservation() as reserved:
        arguments = ("view", str(tmp_path / "one"), "--port", str(reserved.port))
        viewer = subprocess.Popen((*COMMAND, *arguments), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            assert viewer.stdout is not None
            assert viewer.stdout.readline() == f"http://127.0.0.1:{reserved.port}/run?run=one\n"
            eventually(lambda: serves(reserved.port), "pages", 60)
            viewer.send_signal(signal.SIGINT)
            viewer.communicate(timeout=30)
            assert not serves(reserved.port)
        finally:
            viewer.kill()
            viewer.wait()


def test_a_port_taken_is_named_with_its_mend(call: Called, tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        code, _, problems = call("view", str(tmp_path), "--port", str(taken.getsockname()[1]))
    assert code == 3
    assert "brownout view --port" in problems


@pytest.mark.parametrize("place", ["nowhere", "file"])
def test_a_place_without_runs_is_refused(call: Called, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    code, _, problems = call("view", str(tmp_path / place))
    assert code == 3
    assert place in problems.replace("\n", "")
