"""What killed harnesses left in the engine goes, and what live ones use stays, whoever else sweeps at the same time."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from uuid import uuid4

import pytest
from docker import DockerClient
from docker.errors import APIError

from chaos.clusters.cluster import ClusterProblem
from chaos.clusters.docker.cluster import prepare
from chaos.clusters.docker.engine import LABEL, OWNER, connect, owner, sweep
from tests.chaos.clusters.test_docker import left
from tests.chaos.relay import relay

WAIT_S: Final = 30.0
NOWHERE: Final = "brownout.invalid/nothing:1"


@pytest.fixture
def label(engine: DockerClient) -> Iterator[str]:
    label = f"{LABEL}=test-{uuid4().hex[:12]}"
    yield label
    sweep(engine, label)


def make(engine: DockerClient, label: str, owner: str, *, containers: int = 1) -> None:
    """A network of this owner's, and containers in it that wait."""
    name = label.replace("=", "-")
    labels = {LABEL: label.partition("=")[2], OWNER: owner}
    engine.networks.create(name, labels=labels)
    for number in range(containers):
        engine.containers.run(
            str(relay().node("front").image),
            ["sleep", "600"],
            name=f"{name}-{number}",
            network=name,
            labels=labels,
            detach=True,
        )


def somebody_dead() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    return ended.pid


def told_by_prepare() -> str:
    told: list[str] = []
    prepare(told.append)
    return "\n".join(told)


def test_what_a_killed_harness_left_is_swept_by_the_next_session(engine: DockerClient, label: str) -> None:
    world = owner().partition("@")[2]
    make(engine, label, f"{somebody_dead()}@{world}")
    assert label.replace("=", "-") in told_by_prepare()
    assert left(engine, label) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which processes a number means")
@pytest.mark.parametrize("whose", ["alive", "another boot's", "another namespace's", "an earlier version's"])
def test_what_may_be_a_live_harness_s_is_left_alone(whose: str, engine: DockerClient, label: str) -> None:
    boot, _, namespace = owner().partition("@")[2].partition("/")
    dead = somebody_dead()
    make(
        engine,
        label,
        {
            "alive": f"{os.getppid()}@{boot}/{namespace}",
            "another boot's": f"{dead}@{uuid4()}/{namespace}",
            "another namespace's": f"{dead}@{boot}/{int(namespace) + 1}",
            "an earlier version's": f"{dead}@{boot}",
        }[whose],
    )
    there = left(engine, label)
    assert label.replace("=", "-") not in told_by_prepare()
    assert left(engine, label) == there


def test_a_process_that_this_user_may_not_signal_is_alive(
    engine: DockerClient, label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether or not /proc shows it."""
    make(engine, label, f"{somebody_dead()}@{owner().partition('@')[2]}", containers=0)

    def refuse(_pid: int, _signal: int) -> None:
        raise PermissionError

    with monkeypatch.context() as denied:
        denied.setattr("os.kill", refuse)
        told_by_prepare()
    assert left(engine, label)


def test_two_sweep_the_same_at_once(engine: DockerClient, label: str) -> None:
    make(engine, label, owner(), containers=3)
    together = threading.Barrier(2)

    def clean() -> None:
        own = connect()
        try:
            together.wait(WAIT_S)
            sweep(own, label)
        finally:
            own.close()

    with ThreadPoolExecutor(2) as both:
        for done in [both.submit(clean) for _ in range(2)]:
            done.result(WAIT_S)
    assert left(engine, label) == []


def test_one_that_somebody_holds_keeps_none_of_the_others(
    engine: DockerClient, label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chaos.clusters.docker.engine.HELD_S", 0.2)
    lost = f"{somebody_dead()}@{owner().partition('@')[2]}"
    held = f"{LABEL}=a{label.partition('=')[2]}"  # the first in the order of their names
    network = held.replace("=", "-")
    make(engine, held, lost, containers=0)
    make(engine, label, lost)
    guest = engine.containers.run(
        str(relay().node("front").image), ["sleep", "600"], network=network, labels={LABEL: "guest"}, detach=True
    )
    try:
        told = told_by_prepare()
        assert "has active endpoints" in told
        assert left(engine, held)
        assert left(engine, label) == []
    finally:
        guest.remove(force=True)
        sweep(engine, held)


def test_what_cannot_be_swept_is_said_and_keeps_nobody_from_working(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_engine: DockerClient) -> list[str]:
        raise APIError("server error", explanation="device or resource busy")

    monkeypatch.setattr("chaos.clusters.docker.cluster.sweep_lost", refuse)
    assert "device or resource busy" in told_by_prepare()


def test_an_image_of_toxiproxy_that_is_not_to_be_had_is_named_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TOXIPROXY_IMAGE", NOWHERE)
    with pytest.raises(ClusterProblem, match=rf"{NOWHERE} is not here and cannot be fetched(?s:.)*docker images"):
        told_by_prepare()
