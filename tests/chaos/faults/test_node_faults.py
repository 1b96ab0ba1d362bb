"""What is particular to single faults on nodes: two at once, lives that come and go, and what cannot be done."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from chaos.clusters.cluster import Cluster, Memory, MemoryLimitable, NodeState, Phase, SelfInflicting
from chaos.clusters.local.cluster import LocalCluster
from chaos.clusters.local.node import LocalNode
from chaos.faults import crash, crash_on, disconnect, fail_rpc, limit_memory, pause, slow_model, starve_cpu
from chaos.faults.aim import Aimed
from chaos.faults.fail_rpc import STATUSES
from chaos.faults.fault import Impossible, Injection, remake
from chaos.faults.limit_memory import LimitMemory, LimitMemoryInjection
from chaos.probes import ProbeOutcome, ProbeResult
from chaos.system_under_test import Node

pytestmark = pytest.mark.asyncio(loop_scope="module")

WINDOW_S = 5.0


def on(cluster: Cluster, aimed: Aimed) -> Injection:
    return aimed.fault.on(cluster, aimed.target)


async def test_a_node_that_is_starved_and_paused_stands_still_until_it_is_resumed(cluster: LocalCluster) -> None:
    starved, paused = on(cluster, starve_cpu("back1", share=0.5)), on(cluster, pause("back1"))
    await starved.inject()
    await paused.inject()
    evidence = await paused.evidence(WINDOW_S)
    assert evidence.bit, evidence
    assert not (await starved.evidence(WINDOW_S)).bit  # it gets nothing at all
    await paused.heal()
    evidence = await starved.evidence(WINDOW_S)
    assert evidence.bit, evidence
    await starved.heal()
    assert not (await starved.evidence(WINDOW_S)).bit


async def test_a_node_that_is_starved_is_so_in_its_next_life_too(cluster: LocalCluster) -> None:
    starved, killed = on(cluster, starve_cpu("back1", share=0.5)), on(cluster, crash("back1"))
    await starved.inject()
    await killed.inject()
    assert (await killed.evidence(WINDOW_S)).bit
    await killed.heal()
    evidence = await starved.evidence(WINDOW_S)
    assert evidence.bit, evidence
    await starved.heal()


async def test_the_least_share_starves_more_than_a_large_one(cluster: LocalCluster) -> None:
    shares = []
    for share in (0.1, 0.9):
        starved = on(cluster, starve_cpu("back1", share=share))
        await starved.inject()
        shares.append((await starved.evidence(WINDOW_S)).figures["share"])
        await starved.heal()
    assert shares[0] < 0.5 < shares[1]


async def test_what_a_node_inflicts_on_itself_it_does_in_its_next_life_too(cluster: LocalCluster) -> None:
    slow, killed = on(cluster, slow_model("back1", ms=150)), on(cluster, crash("back1"))
    await slow.inject()
    await killed.inject()
    await killed.heal()
    evidence = await slow.evidence(WINDOW_S)
    assert evidence.bit, evidence
    await killed.inject()
    await slow.heal()  # nobody is there to obey, and nobody is waited for
    await killed.heal()
    assert not (await slow.evidence(WINDOW_S)).bit


async def test_several_that_it_inflicts_on_itself_come_and_go_by_themselves(cluster: LocalCluster) -> None:
    node = cluster.nodes["back1"]
    assert isinstance(node, SelfInflicting)
    slow, failing = on(cluster, slow_model("back1", ms=150)), on(cluster, fail_rpc("back1", nth=2, times=2))
    await slow.inject()
    await failing.inject()
    assert [(await node.work(1)).outcome for _ in range(4)] == [
        *(ProbeOutcome.READY, ProbeOutcome.UNREADY, ProbeOutcome.UNREADY, ProbeOutcome.READY)
    ]
    assert (await failing.evidence(WINDOW_S)).figures["failed"] == 2
    await failing.heal()
    evidence = await slow.evidence(WINDOW_S)
    assert evidence.bit, evidence
    await slow.heal()
    assert node.confession().in_force == {}


async def test_poison_kills_each_life_and_is_counted(cluster: LocalCluster) -> None:
    node = cluster.nodes["back1"]
    assert isinstance(node, SelfInflicting)
    poisoned = on(cluster, crash_on("back1", text="work"))  # what the node is asked for by `work`
    await poisoned.inject()
    for deaths in (1, 2):
        life = (await node.state()).life
        assert not (await node.work(1)).answered
        await cluster_revives(node, life)
        assert (await poisoned.evidence(WINDOW_S)).figures == {"in_force": True, "deaths": deaths}
    await poisoned.heal()
    assert (await node.work(1)).ready
    assert {each.node for each in cluster.unexpected_exits()} == {"back1"}


async def cluster_revives(node: SelfInflicting, life: str) -> None:
    async with asyncio.timeout(10):
        while (await node.state()).life == life or not (await node.probe(1)).ready:
            await asyncio.sleep(0.02)


async def test_what_a_substrate_or_a_node_cannot_do_is_said_before_anything_happens(cluster: LocalCluster) -> None:
    for aimed, why in (
        (limit_memory("back1", mib=64), "cannot be limited in its memory on the local substrate; docker can do that"),
        (disconnect("back1"), "cannot be disconnected from its network on the local substrate; docker can do that"),
        (slow_model("back2", ms=5), "back2 does not inflict slow_model on itself"),
        (crash_on("front", text="x"), "front does not inflict crash_on on itself"),
    ):
        with pytest.raises(Impossible, match=why):
            on(cluster, aimed)


async def test_poison_for_a_node_that_nobody_would_start_again_is_refused(cluster: LocalCluster) -> None:
    handle = cluster.nodes["back1"]
    assert isinstance(handle, LocalNode)
    supervised = handle.node
    handle._node = replace(supervised, supervision=None)
    try:
        with pytest.raises(Impossible, match=r"back1 would stay dead: .* `supervision`"):
            on(cluster, crash_on("back1", text="x"))
    finally:
        handle._node = supervised


@dataclass
class Tight:
    """A node whose memory is what the test says."""

    said: Memory
    node: Node = field(default_factory=lambda: Node("back1", ("true",)))
    limits: list[int | None] = field(default_factory=list)

    async def state(self) -> NodeState:
        return NodeState(Phase.RUNNING, "only")

    async def probe(self, timeout_s: float) -> ProbeResult:  # noqa: ARG002 - of the protocol
        return ProbeResult(ProbeOutcome.READY, 0.0)

    async def limit_memory(self, mib: int) -> None:
        self.limits.append(mib)

    async def unlimit_memory(self) -> None:
        self.limits.append(None)

    async def memory(self) -> Memory:
        return self.said


@pytest.mark.parametrize(
    ("now", "bit"),
    [
        (Memory(64, 60), True),
        (Memory(64, 10, kills=3), True),
        (Memory(64, 40, kills=2), False),  # it has enough, and was killed before only
        (Memory(None, 60), False),
        (Memory(128, 64), False),
    ],
)
async def test_a_node_is_short_of_memory_when_it_uses_its_limit_or_died_of_it(now: Memory, bit: bool) -> None:
    node = Tight(Memory(None, 100, kills=2))
    assert isinstance(node, MemoryLimitable)
    struck = LimitMemoryInjection(LimitMemory(64), node)
    await struck.inject()
    node.said = now
    assert (await struck.evidence(1.0)).bit is bit
    await struck.heal()
    assert node.limits == [64, None]


async def test_wrong_parameters_are_all_named() -> None:
    assert [
        problem
        for kind, given in (
            ("starve_cpu", {"share": 1}),
            ("starve_cpu", {"share": "x"}),
            ("limit_memory", {"mib": 1}),
            ("limit_memory", {"mib": 0, "spare": True}),
            ("slow_model", {"ms": 0}),
            ("crash_on", {"text": ""}),
            ("crash_on", {"text": 3}),
            ("fail_rpc", {"nth": 0, "times": 1.5, "status": "OK", "computed": "no"}),
        )
        for problem in remake(kind, given).problems()
    ] == [
        "share 1 is not above 0 and below 1",
        "share 'x' is not a number",
        "mib 1 is less than 6",
        "mib 0 is less than 1",
        "ms 0 is less than 1",
        "text '' is part of everything",
        "text 3 is no text",
        "nth 0 is less than 1",
        "times 1.5 is not a whole number",
        f"status 'OK' is none of {', '.join(STATUSES)}",
        "computed 'no' is none of True, False",
    ]
