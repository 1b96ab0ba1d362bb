import os
import socket
import sys
from pathlib import Path
from unittest import mock

import orjson
import pytest

from brownout.examination import substrates_of
from brownout.finding import Finding, State
from brownout.surroundings import port
from chaos.processes.ports import LOOPBACK
from tests.brownout.called import Called


def test_it_tells_programs_what_this_machine_has(call: Called) -> None:
    code, told, _ = call("doctor", "--json")
    said = orjson.loads(told)
    found = {each["name"]: each for each in said["findings"]}
    assert found["python"]["state"] == "fine"
    assert found["embedded model"]["state"] == "fine"
    assert {"cores", "memory", "toxiproxy-server", "Go", "Docker engine", "Docker Compose", "port 8000"} <= set(found)
    assert [each["name"] for each in said["substrates"]] == ["local", "simulated", "docker"]
    assert all(each["mend"] for each in said["findings"] if each["state"] == "missing")
    assert code == (0 if said["usable"] else 3)


def test_without_a_toxiproxy_server_the_local_substrate_cannot_be_used(call: Called, tmp_path: Path) -> None:
    code, told, _ = call("doctor", "--json", TOXIPROXY_SERVER=str(tmp_path / "nowhere"))
    said = orjson.loads(told)
    (toxiproxy,) = (each for each in said["findings"] if each["name"] == "toxiproxy-server")
    assert code == 3
    assert said["usable"] is False
    assert str(tmp_path / "nowhere") in toxiproxy["found"]
    assert "toxiproxy-server" in said["substrates"][0]["found"]


def test_a_toxiproxy_server_that_is_only_not_fetched_yet_is_no_obstacle(call: Called, tmp_path: Path) -> None:
    code, told, _ = call("doctor", "--json", XDG_CACHE_HOME=str(tmp_path), PATH=str(Path(sys.executable).parent))
    said = orjson.loads(told)
    (toxiproxy,) = (each for each in said["findings"] if each["name"] == "toxiproxy-server")
    assert toxiproxy["state"] == "absent"
    assert "the first scenario" in toxiproxy["found"]
    assert (code, said["usable"]) == (0, True)


def test_people_see_the_mend_beside_the_problem(call: Called, tmp_path: Path) -> None:
    _, shown, _ = call("doctor", TOXIPROXY_SERVER=str(tmp_path / "nowhere"))
    assert "-m chaos.toxiproxy" in shown.partition("To mend:")[2]


def test_a_port_in_use_is_found_with_who_holds_it() -> None:
    with socket.create_server((LOOPBACK, 0)) as listening:
        finding = port(listening.getsockname()[1], "nobody", "")
    assert finding.state is State.ABSENT
    assert f"pid {os.getpid()}" in finding.found


def test_a_problem_that_nothing_local_needs_leaves_local_usable() -> None:
    local, *_ = substrates_of((Finding("python", State.FINE, ""), Finding("Docker engine", State.ABSENT, "")))
    assert local.state is State.FINE
    local, *_ = substrates_of((Finding("memory", State.MISSING, ""),))
    assert local.state is State.MISSING


def test_an_engine_that_cannot_be_used_is_told_in_the_words_of_a_run(
    call: Called, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "docker").touch(0o755)
    for host, refusal, mend in (
        (f"unix://{tmp_path}/socket", PermissionError(13, "Permission denied"), "sudo usermod"),
        (f"unix://{tmp_path}/socket", FileNotFoundError(2, "No such file"), "leads nowhere"),
        ("tcp://192.0.2.1:2375", None, "run the harness there"),
        ("tcp://127.0.0.1:docker", None, "leads nowhere"),
    ):
        knock = mock.Mock(side_effect=refusal)
        monkeypatch.setattr("chaos.clusters.docker.engine._knock", knock)
        _, told, _ = call("doctor", "--json", DOCKER_HOST=host, PATH=f"{tmp_path}:{os.environ['PATH']}")
        (engine,) = (each for each in orjson.loads(told)["findings"] if each["name"] == "Docker engine")
        assert engine["state"] == "absent"
        assert mend in engine["mend"]


def test_without_an_engine_there_is_no_docker_substrate_and_with_one_there_is() -> None:
    *_, docker = substrates_of((Finding("Docker engine", State.ABSENT, ""),))
    assert (docker.state, docker.found) == (State.ABSENT, "cannot be used: Docker engine")
    *_, docker = substrates_of((Finding("Docker engine", State.FINE, ""),))
    assert docker.state is State.FINE
