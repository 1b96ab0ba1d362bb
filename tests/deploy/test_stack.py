"""The Swarm's stack file says of our programs what is so; `tests/swarm` deploys it."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest
import yaml

from system.coordinator.settings import CoordinatorSettings
from system.worker.settings import WorkerSettings
from tests.deploy.manifests import ROOT

STACK: Final[dict[str, Any]] = yaml.safe_load((ROOT / "deploy" / "swarm" / "stack.yml").read_text(encoding="utf-8"))
SERVICES: Final[dict[str, Any]] = STACK["services"]


def settings(service: str) -> type[CoordinatorSettings | WorkerSettings]:
    return WorkerSettings if service == "worker" else CoordinatorSettings


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_told_settings_that_it_has_and_given_the_time_to_drain(service: str) -> None:
    of, known = SERVICES[service], settings(service).model_fields
    assert {name.lower() for name in of["environment"]} <= known.keys()
    assert float(of["stop_grace_period"].removesuffix("s")) >= known["drain_timeout"].default + 5
    assert (of["read_only"], of["cap_drop"]) == (True, ["ALL"])


def test_a_coordinator_is_not_replaced_for_want_of_workers_while_requests_may_wait_for_them() -> None:
    for service in ("coordinator1", "coordinator2"):
        health = SERVICES[service]["healthcheck"]
        patience_s = 5 * CoordinatorSettings.model_fields["worker_timeout"].default
        assert float(health["interval"].removesuffix("s")) * health["retries"] > patience_s


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_needs_a_virtual_address(service: str) -> None:
    of = SERVICES[service]
    assert of["deploy"]["endpoint_mode"] == "dnsrr"
    assert all(port["mode"] == "host" for port in of.get("ports", ()))


def test_each_coordinator_has_a_port_of_its_own_and_asks_every_task_of_the_workers() -> None:
    coordinators = {name: of for name, of in SERVICES.items() if name != "worker"}
    published = [re.sub(r"\$\{\w+:-(\d+)\}", r"\1", each["ports"][0]["published"]) for each in coordinators.values()]
    assert published == ["8000", "8001"]
    port = SERVICES["worker"]["environment"]["PORT"]
    assert {each["environment"]["WORKERS"] for each in coordinators.values()} == {f"dns:///tasks.worker:{port}"}


def test_a_coordinator_can_be_kept_at_one_machine_and_is_taken_by_any_otherwise() -> None:
    """By that machine's address it is found; `spread`, which is among the tasks of one service, keeps no two apart."""
    for at in (1, 2):
        placement = SERVICES[f"coordinator{at}"]["deploy"]["placement"]
        assert placement == {"constraints": [f"${{PLACE{at}:-node.platform.os == linux}}"]}
    one, two = (SERVICES[f"coordinator{at}"]["deploy"] | {"placement": None} for at in (1, 2))
    assert one == two
    said = (ROOT / "docs" / "how-to" / "swarm.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in said for name in ("PORT1", "PORT2", "PLACE1", "PLACE2"))


def test_a_worker_is_replaced_only_once_the_next_one_serves() -> None:
    assert SERVICES["worker"]["deploy"]["update_config"]["order"] == "start-first"
    assert SERVICES["worker"]["environment"]["WORKER_ID"] == "{{.Task.Name}}"
