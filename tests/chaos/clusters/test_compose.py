"""Whether the containers of a Compose project are the system of a scenario; the engine's part is in tests/compose."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from chaos.bundled import bundled
from chaos.clusters.cluster import ClusterProblem
from chaos.clusters.compose.claim import claimed
from chaos.clusters.compose.cluster import misfits
from chaos.clusters.compose.project import DEPENDS_ON, SERVICE, Member, _member
from chaos.system_under_test import SystemUnderTest

SYSTEM: Final = bundled(workers=2)
COORDINATOR: Final = Member(
    id="c0",
    names=frozenset({"coordinator", "c0"}),
    labels={SERVICE: "coordinator"},
    environment={"BATCH_SIZE": "3", "BATCH_TIMEOUT": "0.15", "WORKER_TIMEOUT": "3", "PATH": "/usr/bin"},
    network="any_default",
    port=8000,
    published="127.0.0.1:8000",
    runs=True,
    restarts=True,
)
WORKERS: Final = [
    replace(
        COORDINATOR,
        names=frozenset({name}),
        labels={SERVICE: f"troubled-{name}"},
        environment={"WORKER_ID": name},
        port=50051,
        published=None,
    )
    for name in ("worker1", "worker2")
]


def said(system: SystemUnderTest, *found: Member) -> list[str]:
    return [*misfits(system, list(found))]


def test_a_project_whose_containers_are_called_and_set_like_the_nodes_fits() -> None:
    assert said(SYSTEM, COORDINATOR, *WORKERS) == []


def in_trouble(**environment: str) -> list[Member]:
    return [replace(each, environment={**each.environment, **environment}) for each in WORKERS]


@pytest.mark.parametrize(
    ("name", "has", "wants"), [("CRASH_RATE", "0.05", "0"), ("MAX_DELAY", "2", "0"), ("CRASH_ON", "boom", "")]
)
def test_workers_that_have_troubles_of_their_own_are_no_scenarios_that_asks_for_none(
    name: str, has: str, wants: str
) -> None:
    assert said(SYSTEM, COORDINATOR, *in_trouble(**{name: has})) == [
        f"{worker} has {name}={has}; the scenario takes {name}={wants}" for worker in ("worker1", "worker2")
    ]


@pytest.mark.parametrize("nothing", [{}, {"CRASH_RATE": "0", "MAX_DELAY": "0"}, {"CRASH_RATE": "", "CRASH_ON": ""}])
def test_workers_that_are_told_to_have_no_troubles_fit_as_those_that_are_told_nothing(nothing: dict[str, str]) -> None:
    assert said(SYSTEM, COORDINATOR, *in_trouble(**nothing)) == []


def test_a_setting_that_is_to_be_empty_and_is_fits() -> None:
    assert said(bundled(workers=2, worker={"GREETING": ""}), COORDINATOR, *in_trouble(GREETING="")) == []


def test_troubles_that_a_scenario_asks_for_are_those_that_it_takes() -> None:
    system = bundled(workers=2, worker={"MAX_DELAY": "0.2"})
    assert said(system, COORDINATOR, *in_trouble(MAX_DELAY="0.2", CRASH_RATE="0")) == []
    assert said(system, COORDINATOR, *WORKERS) == [
        f"{worker} has MAX_DELAY=0; the scenario takes MAX_DELAY=0.2" for worker in ("worker1", "worker2")
    ]


def test_a_container_that_is_not_there_or_there_twice_is_named() -> None:
    assert said(SYSTEM, COORDINATOR, WORKERS[0]) == [
        "no container of it is called worker2; it has c0, coordinator, worker1"
    ]
    assert said(SYSTEM, COORDINATOR, *WORKERS, replace(WORKERS[1], id="other")) == [
        "more than one container of it is called worker2; it has c0, coordinator, worker1, worker2"
    ]


@pytest.mark.parametrize(("has", "told"), [({"BATCH_SIZE": "8"}, "8"), ({}, "(not set)")])
def test_a_setting_that_is_not_the_scenarios_is_told_with_both_values(has: dict[str, str], told: str) -> None:
    environment = {name: value for name, value in COORDINATOR.environment.items() if name != "BATCH_SIZE"} | has
    assert said(SYSTEM, replace(COORDINATOR, environment=environment), *WORKERS) == [
        f"coordinator has BATCH_SIZE={told}; the scenario takes BATCH_SIZE=3"
    ]


def test_a_setting_that_looks_like_a_secret_is_told_without_its_values() -> None:
    system = bundled(workers=2, worker={"HF_TOKEN": "hunter2"})
    workers = [replace(each, environment={**each.environment, "HF_TOKEN": "swordfish"}) for each in WORKERS]
    assert said(system, COORDINATOR, *workers) == [
        f"{name} has not the HF_TOKEN that the scenario takes" for name in ("worker1", "worker2")
    ]
    assert len(said(system, COORDINATOR, *WORKERS)) == 2


def test_a_node_is_not_started_again_by_the_harness_and_by_the_engine() -> None:
    system = bundled(workers=2, restart_after_s=1)
    problems = said(system, COORDINATOR, *WORKERS)
    assert [each.split()[3] for each in problems] == ["worker1", "worker2"]
    assert said(system, COORDINATOR, *(replace(each, restarts=False) for each in WORKERS)) == []


def test_a_way_in_that_does_not_stay_the_same_is_told() -> None:
    (problem,) = said(SYSTEM, replace(COORDINATOR, published=None), *WORKERS)
    assert problem.startswith("coordinator has no port of this machine")


def test_a_client_of_the_projects_own_is_told_while_it_runs() -> None:
    client = replace(
        COORDINATOR,
        names=frozenset({"client"}),
        labels={SERVICE: "client", DEPENDS_ON: "coordinator:service_healthy:false"},
    )
    (problem,) = said(SYSTEM, COORDINATOR, *WORKERS, client)
    assert problem.endswith("docker compose stop client")
    assert said(SYSTEM, COORDINATOR, *WORKERS, replace(client, runs=False)) == []


def told(bound: list[dict[str, str]] | None, *exposed: str) -> dict[str, Any]:
    """What an engine says of a container, as far as that is asked for."""
    return {
        "Id": "c0",
        "Config": {
            "Labels": {SERVICE: "coordinator"},
            "Env": ["BATCH_SIZE=3", "EQUAL=a=b"],
            "ExposedPorts": {port: {} for port in exposed} or None,
        },
        "NetworkSettings": {
            "Networks": {"any_default": {"Aliases": ["coordinator", "c0"]}, "other": {"Aliases": None}}
        },
        "HostConfig": {"PortBindings": {exposed[0]: bound} if exposed else None, "RestartPolicy": {"Name": "no"}},
        "State": {"Status": "running"},
    }


@pytest.mark.parametrize(
    ("bound", "published"),
    [
        ([{"HostIp": "127.0.0.1", "HostPort": "8080"}], "127.0.0.1:8080"),
        ([{"HostIp": "", "HostPort": "8080"}], "127.0.0.1:8080"),
        ([{"HostIp": "::", "HostPort": "8080"}], "127.0.0.1:8080"),
        ([{"HostIp": "::1", "HostPort": "8080"}], "[::1]:8080"),
        ([{"HostIp": "127.0.0.1", "HostPort": ""}], None),  # another one with each start
        (None, None),
    ],
)
def test_a_port_is_found_where_it_is_published(bound: list[dict[str, str]] | None, published: str | None) -> None:
    member = _member(told(bound, "8000/tcp", "8000/udp"))
    assert (member.port, member.published) == (8000, published)


def test_a_container_is_what_the_engine_says_of_it() -> None:
    member = _member(told(None))
    assert member == Member(
        "c0",
        frozenset({"coordinator", "c0"}),
        {SERVICE: "coordinator"},
        {"BATCH_SIZE": "3", "EQUAL": "a=b"},
        *("any_default", None, None),
        runs=True,
        restarts=False,
    )


def test_a_project_is_one_runs_at_a_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with (
        claimed("trial"),
        claimed("other"),
        pytest.raises(ClusterProblem, match=r"another session has the Compose project trial now(?s:.)*run this again"),
        claimed("trial"),
    ):
        pytest.fail("it was given to two")
    with claimed("trial"):
        pass


def test_an_image_that_names_several_ports_is_told_to_name_one() -> None:
    member = _member(told(None, "8000/tcp", "9000/tcp"))
    (problem,) = said(SYSTEM, replace(COORDINATOR, port=member.port), *WORKERS)
    assert problem.endswith("EXPOSE that alone")
