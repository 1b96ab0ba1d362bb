from dataclasses import replace

import pytest

from chaos.bundled import DEFAULTS, UNTROUBLED, bundled
from chaos.system_under_test import Edge, InvalidSystem, Node, StatusPage, SystemUnderTest
from system.coordinator.settings import CoordinatorSettings
from system.worker.settings import WorkerSettings
from tests.chaos.relay import RelayClient, back, relay


def system(*nodes: Node, edges: tuple[Edge, ...]) -> SystemUnderTest:
    return SystemUnderTest("a test", nodes, edges, RelayClient())


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(InvalidSystem) as refused:
        SystemUnderTest(
            "broken",
            nodes=(
                Node("a", ("run",), capacity=-1),
                Node("twin", ()),
                Node("twin", ("run", "{nobody}", "{port")),
                Node("client", ("run",), ready_within_s=0),
            ),
            edges=(Edge("twin", "ghost"), Edge("ghoul", "twin"), Edge("twin", "twin"), Edge("twin", "twin")),
            client=RelayClient(),
            observe=StatusPage("ghost", "/status"),
        )
    assert str(refused.value).splitlines() == [
        "system 'broken' cannot be used:",
        "  - two nodes are called 'twin'",
        "  - two edges are twin→twin",
        "  - node 'a': a name is a letter and at least one more of letters, digits, '-' and '_'",
        "  - node 'a': capacity -1 is negative",
        "  - node 'twin': it has no command",
        "  - node 'twin': template '{nobody}': {nobody} is not the target of one of its edges",
        "  - node 'twin': template '{port': expected '}' before end of string",
        "  - node 'client': this name has a meaning of its own here",
        "  - node 'client': ready_within_s 0 is not positive",
        "  - edge twin→ghost: no node is called 'ghost'",
        "  - edge ghoul→twin: no node is called 'ghoul'",
        "  - edge twin→twin: leads from a node to itself",
        "  - edge twin→twin: leads from a node to itself",
        "  - exactly one edge must come from 'client', found none",
        "  - observe: no node is called 'ghost'",
    ]


def test_several_ways_in_need_a_client_that_knows_which_to_take() -> None:
    two = bundled(coordinators=2)
    assert [edge.name for edge in two.entries] == ["client→coordinator1", "client→coordinator2"]
    assert [page.node for page in two.pages] == ["coordinator1", "coordinator2"]
    assert two.cut_off("coordinator1") == ()
    with pytest.raises(InvalidSystem, match="exactly one edge must come from 'client', found client→coordinator1, cl"):
        replace(two, client=bundled().client)


def test_a_node_waits_for_those_it_connects_to() -> None:
    assert relay().waits_for("front") == {"back1", "back2"}
    assert relay().waits_for("back1") == frozenset()


def test_peers_that_connect_to_each_other_do_not_wait_for_each_other() -> None:
    peers = system(
        Node("gate", ("run",)),
        back("peer1"),
        back("peer2"),
        edges=(Edge("client", "gate"), Edge("gate", "peer1"), Edge("peer1", "peer2"), Edge("peer2", "peer1")),
    )
    assert peers.waits_for("gate") == {"peer1"}
    assert peers.waits_for("peer1") == frozenset()
    assert peers.waits_for("peer2") == frozenset()


def test_what_is_cut_off_is_what_only_that_way_led_to() -> None:
    twice = system(
        Node("gate", ("run",)),
        Node("left", ("run",)),
        Node("right", ("run",)),
        back("store"),
        edges=(
            *(Edge("client", "gate"), Edge("gate", "left"), Edge("gate", "right")),
            *(Edge("left", "store"), Edge("right", "store")),
        ),
    )
    assert twice.cut_off("left") == ()
    assert twice.cut_off("left→store") == ()
    assert twice.cut_off("store") == ("store",)
    assert twice.cut_off("client→gate") == ("store",)


def test_a_node_without_edges_is_cut_off_only_by_being_hit_itself() -> None:
    apart = replace(relay(), nodes=(*relay().nodes, back("apart")))
    assert apart.cut_off("client→front") == ("back1", "back2")
    assert apart.cut_off("apart") == ("apart",)


def test_edges_are_found_by_either_arrow() -> None:
    assert relay().edge("front -> back1") == relay().edge("front→back1") == Edge("front", "back1")


def test_values_of_the_environment_stay_out_of_what_is_written_down() -> None:
    described = bundled(worker={"HF_TOKEN": "hunter2"}).to_json()
    assert "hunter2" not in str(described)
    assert "HF_TOKEN" in described["nodes"][1]["environment"]


def test_the_bundled_system_has_an_edge_for_the_load_and_one_for_each_worker() -> None:
    ours = bundled(workers=2)
    assert ours.targets == (
        *("coordinator", "worker1", "worker2"),
        *("client→coordinator", "coordinator→worker1", "coordinator→worker2"),
    )
    assert {node.name: node.capacity for node in ours.nodes} == {"coordinator": 0, "worker1": 1, "worker2": 1}
    assert ours.node("coordinator").environment["WORKERS"] == "worker1={worker1},worker2={worker2}"


def test_settings_of_the_bundled_system_that_make_no_sense_are_all_named() -> None:
    with pytest.raises(InvalidSystem) as refused:
        bundled(workers=0, worker_timeout_s=float("nan"), coordinator={"WORKERS": "x"}, worker={"PORT": "1"})
    assert str(refused.value).splitlines()[1:] == [
        "  - workers 0 is less than 1",
        "  - worker_timeout_s nan is not a positive number of seconds",
        "  - coordinator setting WORKERS is set by the harness itself",
        "  - worker setting PORT is set by the harness itself",
    ]


def test_what_the_bundled_system_says_of_its_coordinator_is_the_default_of_the_real_one() -> None:
    real = CoordinatorSettings.model_fields
    assert {name: str(real[name.lower()].default) for name in DEFAULTS} == dict(DEFAULTS)
    given = bundled(coordinator={"BATCH_SIZE": "8"}).node("coordinator").environment
    assert (given["BATCH_SIZE"], given["BATCH_TIMEOUT"]) == ("8", "0.15")


def test_a_worker_of_the_bundled_system_that_is_told_its_defaults_is_as_one_that_is_told_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in UNTROUBLED:
        monkeypatch.delenv(name, raising=False)
    told_nothing = WorkerSettings()
    for name, value in UNTROUBLED.items():
        monkeypatch.setenv(name, value)
    assert WorkerSettings() == told_nothing
    assert {name.lower() for name in UNTROUBLED} <= WorkerSettings.model_fields.keys()


def test_braces_in_a_setting_of_the_bundled_system_stand_for_themselves() -> None:
    given = bundled(worker={"MODEL": "{x}"}).node("worker1").environment["MODEL"]
    assert given.format_map({}) == "{x}"


def test_a_node_that_inflicts_faults_on_itself_must_be_told_where_to_read_of_them() -> None:
    gate = Node("gate", ("run",), inflicts=frozenset({"slow_model"}))
    with pytest.raises(InvalidSystem, match=r"node 'gate': nothing tells it \{mishaps\}"):
        system(gate, edges=(Edge("client", "gate"),))
    told = replace(gate, environment={"WHERE": "{mishaps}"})
    assert system(told, edges=(Edge("client", "gate"),)).node("gate").inflicts == {"slow_model"}
