"""The same faults on the bundled system, whose edges carry gRPC: evidence is there, and gone without them."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from chaos.bundled import bundled
from chaos.clusters.local.cluster import LocalCluster
from chaos.faults import (
    bandwidth,
    blackhole,
    crash,
    crash_on,
    down,
    flap,
    latency,
    limit_data,
    pause,
    reset,
    slice,  # noqa: A004 - its name everywhere
    slow_close,
    slow_model,
    starve_cpu,
    terminate,
)
from chaos.faults.aim import Aimed
from chaos.faults.fault import parameters
from reports.history import OpType

pytestmark = pytest.mark.asyncio(loop_scope="module")

WINDOW_S = 5.0
SHORT_WINDOW_S = 0.2
EDGE = "coordinator→worker1"
FAULTS = (
    crash("worker1"),
    terminate("worker1"),
    pause("worker1"),
    starve_cpu("worker1"),
    slow_model("worker1", ms=150),
    crash_on("worker1", text="kills"),
    latency(EDGE, ms=150),
    latency(EDGE, ms=150, direction="up"),
    *(blackhole(EDGE, direction=way) for way in ("up", "down", "both")),
    *(reset(EDGE, direction=way) for way in ("up", "down", "both")),
    down(EDGE),
    flap(EDGE, every_ms=100, down_ms=50),
    bandwidth(EDGE, kb_per_s=1),
    slice(EDGE, size=8, ms=8),
    slow_close(EDGE, ms=150),
    *(limit_data(EDGE, bytes=40, direction=way) for way in ("up", "down")),
    blackhole("client→coordinator"),
    reset("client→coordinator"),
    down("client→coordinator"),
)


def name(aimed: Aimed) -> str:
    return f"{aimed.fault.kind} {aimed.target} {parameters(aimed.fault).get('direction', '')}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalCluster]:
    async with LocalCluster(bundled(workers=2, restart_after_s=0.5), logs=tmp_path_factory.mktemp("logs")) as cluster:
        yield cluster


@pytest_asyncio.fixture(loop_scope="module")
async def cluster(running: LocalCluster) -> LocalCluster:
    await running.heal()
    return running


@pytest.mark.parametrize("aimed", FAULTS, ids=name)
async def test_its_evidence_comes_and_goes_with_it(aimed: Aimed, cluster: LocalCluster) -> None:
    for window_s in (WINDOW_S, SHORT_WINDOW_S):
        struck = aimed.fault.on(cluster, aimed.target)
        await struck.inject()
        evidence = await struck.evidence(window_s)
        assert evidence.bit, evidence
        await struck.heal()
        evidence = await struck.evidence(WINDOW_S)
        assert not evidence.bit, evidence


async def test_the_bundled_system_answers_with_one_worker_gone_and_with_both_back(cluster: LocalCluster) -> None:
    struck = crash("worker1").fault.on(cluster, "worker1")
    async with cluster.connect() as session:
        await struck.inject()
        replies = await asyncio.gather(*(session.ask("a warm and funny film", 15) for _ in range(10)))
        assert {(reply.type, reply.value["output"]) for reply in replies} == {(OpType.OK, "POSITIVE")}
        assert {reply.value["worker"] for reply in replies} == {"worker2"}
    await struck.heal()
    assert cluster.unexpected_exits() == ()
