"""Faults by hand, in virtual time: what is refused, what is written down, and the schedule that comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from chaos.bundled import bundled
from chaos.catalogue import Breakable, catalogue
from chaos.clusters.cluster import Phase
from chaos.clusters.simulated.cluster import SimulatedCluster
from chaos.clusters.simulated.virtual_time import run
from chaos.faults import crash, latency
from chaos.faults.fault import UnknownFault, kinds
from chaos.hands import Hands, NotInForce
from chaos.schedule import InvalidSchedule, Schedule

EDGE = "coordinator→worker2"


def by_hand(what: Callable[[Hands], Awaitable[None]]) -> Hands:
    async def carried_out() -> Hands:
        async with SimulatedCluster(bundled(), logs=None, seed=1) as cluster, Hands(cluster) as hands:
            await what(hands)
        return hands

    return run(carried_out())


def test_a_fault_is_in_force_until_it_is_healed_and_its_evidence_is_kept() -> None:
    async def what(hands: Hands) -> None:
        await asyncio.sleep(10)
        fault = hands.inject("crash", "worker1", {})
        await asyncio.sleep(3)
        assert list(hands.in_force) == [fault]
        assert (await hands.cluster.nodes["worker1"].state()).phase is Phase.EXITED
        assert [(each.kind, each.healed_s, each.bit) for each in hands.windows] == [("crash", None, True)]
        hands.heal(fault)
        await asyncio.sleep(5)
        assert not hands.in_force
        assert (await hands.cluster.nodes["worker1"].state()).phase is Phase.RUNNING

    (window,) = by_hand(what).windows
    assert (window.target, window.takes_out, window.bit) == ("worker1", ("worker1",), True)
    assert window.injected_s == pytest.approx(10, abs=0.01)
    assert window.healed_s is not None


def test_what_has_an_end_heals_by_itself() -> None:
    async def what(hands: Hands) -> None:
        hands.inject("latency", "coordinator->worker2", {"ms": 200}, seconds=2)
        await asyncio.sleep(4)
        assert not hands.in_force

    hands = by_hand(what)
    (window,) = hands.windows
    assert window.end_s == pytest.approx(2, abs=0.1)
    assert not hands.problems


@pytest.mark.parametrize(
    ("kind", "target", "given", "complaint"),
    [
        ("flood", "worker1", {}, "no fault is called 'flood'; there are "),
        ("latency", EDGE, {}, "missing 1 required positional argument: 'ms'"),
        ("latency", EDGE, {"ms": 0}, "ms 0 is less than 1"),
        ("latency", EDGE, {"ms": 5, "size": 3}, "latency has no parameter 'size'; it has direction, jitter_ms, ms"),
        ("latency", "worker2", {"ms": 5}, f"latency hits edges only; it could hit {EDGE}"),
        ("crash", "worker22", {}, "brownout has no 'worker22'; it has worker2"),
    ],
)
def test_what_cannot_be_done_is_refused_in_the_words_of_the_catalogue(
    kind: str, target: str, given: Mapping[str, Any], complaint: str
) -> None:
    async def what(hands: Hands) -> None:
        with pytest.raises((InvalidSchedule, UnknownFault)) as refused:
            hands.inject(kind, target, given)
        assert complaint in str(refused.value)
        assert not hands.windows

    by_hand(what)


def test_one_fault_on_one_target_comes_after_the_other() -> None:
    async def what(hands: Hands) -> None:
        first = hands.inject("pause", "worker1", {})
        await asyncio.sleep(1)
        with pytest.raises(InvalidSchedule, match="pause on worker1 begins at 1 s while the one before it is in force"):
            hands.inject("pause", "worker1", {})
        hands.inject("pause", "worker2", {})
        hands.heal(first)
        await asyncio.sleep(1)
        hands.inject("pause", "worker1", {})
        await asyncio.sleep(1)

    assert [each.target for each in by_hand(what).windows] == ["worker1", "worker2", "worker1"]


def test_what_is_not_in_force_cannot_be_healed() -> None:
    async def what(hands: Hands) -> None:
        with pytest.raises(NotInForce, match="no fault 'crash-1' is in force; there are none"):
            hands.heal("crash-1")

    by_hand(what)


def test_whatever_is_in_force_at_the_end_is_healed() -> None:
    async def what(hands: Hands) -> None:
        hands.inject("crash", "worker1", {})
        hands.inject("down", "client→coordinator", {})
        await asyncio.sleep(1)

    assert all(each.healed_s is not None for each in by_hand(what).windows)


def test_everything_can_be_healed_at_once_also_what_nobody_here_broke() -> None:
    async def what(hands: Hands) -> None:
        hands.inject("blackhole", EDGE, {})
        hands.inject("crash", "worker1", {})
        await asyncio.sleep(1)
        await hands.heal_all()
        assert not hands.in_force
        assert {(await node.state()).phase for node in hands.cluster.nodes.values()} == {Phase.RUNNING}

    by_hand(what)


def test_the_session_becomes_a_schedule_that_begins_with_a_moment_of_peace() -> None:
    async def what(hands: Hands) -> None:
        await asyncio.sleep(100)
        fault = hands.inject("crash", "worker1", {})
        await asyncio.sleep(3)
        hands.inject("latency", EDGE, {"ms": 300}, seconds=1.5)
        await asyncio.sleep(1)
        hands.heal(fault)
        await asyncio.sleep(10)

    made = by_hand(what).schedule()
    assert Schedule.from_json(made.to_json()) == made
    made.validate(bundled())
    meant = (crash("worker1").between(2, 6), latency(EDGE, ms=300).between(5, 6.5))
    assert [(each.fault, each.target) for each in made.faults] == [(each.fault, each.target) for each in meant]
    for done, planned in zip(made.faults, meant, strict=True):
        assert (done.start_s, done.end_s) == pytest.approx((planned.start_s, planned.end_s), abs=0.1)


def test_the_catalogue_has_every_kind_with_what_it_can_be_aimed_at() -> None:
    told: list[Breakable] = []

    async def what(hands: Hands) -> None:
        told.extend(catalogue(hands.cluster))

    by_hand(what)
    by_kind = {each.kind: each for each in told}
    assert by_kind.keys() <= set(kinds())
    assert by_kind["crash"].targets == ("coordinator", "worker1", "worker2", "worker3")
    assert by_kind["slow_model"].targets == ("worker1", "worker2", "worker3")
    assert by_kind["partition"].several
    ms, jitter, way = by_kind["latency"].parameters
    assert (ms.name, ms.type, ms.default) == ("ms", "whole number", None)
    assert (jitter.default, way.choices, way.default) == (0, ("up", "down", "both"), "down")
    assert all(each.about and each.targets for each in told)
    assert all(parameter.about for each in told for parameter in each.parameters)
