import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from chaos.clusters.cluster import Phase
from chaos.clusters.local.cluster import LocalCluster
from chaos.faults import blackhole, crash, down, latency, pause, restart
from chaos.faults.aim import Planned, PlannedHealing
from chaos.nemesis import Nemesis
from chaos.problems import HarnessProblem
from chaos.recorder import Recorder
from chaos.schedule import InvalidSchedule, Schedule
from reports.history import NEMESIS
from reports.windows import FaultWindow, fault_windows
from tests.chaos.relay import relay

pytestmark = pytest.mark.asyncio(loop_scope="module")

EDGE = "front→back1"
DEADLINE_S = 10.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalCluster]:
    async with LocalCluster(relay(), logs=tmp_path_factory.mktemp("logs")) as cluster:
        yield cluster


@pytest_asyncio.fixture(loop_scope="module")
async def cluster(running: LocalCluster) -> LocalCluster:
    await running.heal()
    return running


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    with Recorder(tmp_path / "history.jsonl") as recorder:
        yield recorder


def schedule(*lines: Planned | PlannedHealing) -> Schedule:
    return Schedule.of(lines)


def words(recorder: Recorder) -> list[str]:
    return [op.f for op in recorder.history.of(NEMESIS)]


def windows(recorder: Recorder) -> tuple[FaultWindow, ...]:
    return fault_windows(recorder.history)


async def said(recorder: Recorder, word: str) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while word not in words(recorder):
            await asyncio.sleep(0.005)


async def test_each_fault_is_injected_seen_and_healed_in_its_time(cluster: LocalCluster, recorder: Recorder) -> None:
    plan = schedule(
        crash("back2").at(0.1),
        restart("back2").at(0.5),
        # As long as a busy machine may stand still: what is silent on both ways shows nothing.
        blackhole(EDGE).between(0.2, 2.2),
        latency("client→front", ms=100).between(0.3, 2.3),
    )
    nemesis = Nemesis(cluster, plan, recorder)
    began_s = recorder.now_s
    await nemesis.run(asyncio.Event())
    seen = windows(recorder)
    assert [(each.kind, each.target, each.takes_out, each.bit) for each in seen] == [
        ("crash", "back2", ("back2",), True),
        ("blackhole", EDGE, ("back1",), True),
        ("latency", "client→front", (), True),
    ]
    for each, planned in zip(seen, plan.faults, strict=True):
        assert planned.end_s is not None
        assert each.healed_s is not None
        # Never before its time; how much after is up to a busy machine, and to the node that has to start.
        assert planned.start_s <= each.injected_s - began_s < planned.start_s + 1
        assert planned.end_s <= each.healed_s - began_s < planned.end_s + 3
        # Evidence is looked for again near the end of a window that is long enough.
        steps = dict.fromkeys(recorder.history[index].f for index in each.ops)
        assert [*steps] == ["inject", "injected", "evidence", "heal", "healed"]
    assert (await cluster.edges[EDGE].probe(1)).ready
    assert (await cluster.nodes["back2"].state()).phase is Phase.RUNNING


async def test_a_fault_waits_until_the_one_before_it_on_its_target_is_healed(
    cluster: LocalCluster, recorder: Recorder
) -> None:
    plan = schedule(crash("back1").between(0, 0.3), crash("back1").between(0.3, 1.5))
    await Nemesis(cluster, plan, recorder).run(asyncio.Event())
    first, second = windows(recorder)
    assert (first.bit, second.bit) == (True, True)
    assert first.end_s <= second.injected_s
    assert (await cluster.nodes["back1"].probe(1)).ready


async def test_a_window_of_a_fifth_of_a_second_shows_its_evidence(cluster: LocalCluster, recorder: Recorder) -> None:
    # A machine that stands still for that long shows nothing of it; but not again and again.
    plan = schedule(*(blackhole(EDGE).between(start_s, start_s + 0.2) for start_s in range(5)))
    await Nemesis(cluster, plan, recorder).run(asyncio.Event())
    shown = [window.bit for window in windows(recorder)]
    assert len(shown) == 5
    assert any(shown), [window.evidence for window in windows(recorder)]


async def test_what_is_open_when_the_load_is_over_is_healed_then(cluster: LocalCluster, recorder: Recorder) -> None:
    over = asyncio.Event()
    nemesis = Nemesis(cluster, schedule(pause("back1").at(0), down(EDGE).between(0, 3600)), recorder)
    assert nemesis.in_force == ()
    running = asyncio.create_task(nemesis.run(over))
    await said(recorder, "injected")
    assert "pause back1" in nemesis.in_force
    over.set()
    await running
    assert nemesis.in_force == ()
    assert [each.healed_s is not None for each in windows(recorder)] == [True, True]
    assert (await cluster.edges[EDGE].probe(1)).ready


async def test_a_fault_whose_time_comes_after_the_load_is_never_injected(
    cluster: LocalCluster, recorder: Recorder
) -> None:
    over = asyncio.Event()
    over.set()
    await Nemesis(cluster, schedule(crash("back1").at(0), crash("back2").at(3600)), recorder).run(over)
    assert words(recorder) == []


async def test_what_is_open_is_healed_when_the_run_is_cancelled(cluster: LocalCluster, recorder: Recorder) -> None:
    running = asyncio.create_task(
        Nemesis(cluster, schedule(crash("back1").at(0), blackhole("front→back2").at(0)), recorder).run(asyncio.Event())
    )
    await said(recorder, "evidence")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert [each.healed_s is not None for each in windows(recorder)] == [True, True]
    assert (await cluster.nodes["back1"].probe(1)).ready
    assert (await cluster.edges["front→back2"].probe(1)).ready


async def test_a_fault_that_somebody_undoes_shows_no_evidence(cluster: LocalCluster, recorder: Recorder) -> None:
    running = asyncio.create_task(
        Nemesis(cluster, schedule(blackhole(EDGE).between(0, 3)), recorder).run(asyncio.Event())
    )
    await said(recorder, "injected")
    await cluster.heal()
    await running
    [window] = windows(recorder)
    assert window.bit is False
    assert "a probe through front→back1 is ready" in window.evidence


async def test_a_fault_that_bit_and_is_undone_before_its_end_counts_as_not_in_force(
    cluster: LocalCluster, recorder: Recorder
) -> None:
    running = asyncio.create_task(
        Nemesis(cluster, schedule(blackhole(EDGE).between(0, 2)), recorder).run(asyncio.Event())
    )
    await said(recorder, "evidence")
    assert windows(recorder)[0].bit
    await cluster.heal()
    await running
    [window] = windows(recorder)
    assert window.bit is False
    assert words(recorder) == ["inject", "injected", "evidence", "evidence", "heal", "healed"]


async def test_a_control_call_that_fails_is_written_down_and_raised_and_the_rest_is_healed(tmp_path: Path) -> None:
    async with LocalCluster(relay(), logs=tmp_path) as cluster:
        with Recorder(tmp_path / "history.jsonl") as recorder:
            running = asyncio.create_task(
                Nemesis(cluster, schedule(crash("back1").at(0), down(EDGE).between(0.1, 0.3)), recorder).run(
                    asyncio.Event()
                )
            )
            await said(recorder, "inject")
            await stop_toxiproxy(cluster)
            with pytest.RaisesGroup(HarnessProblem, flatten_subgroups=True):
                await running
            problems = recorder.history.of(NEMESIS, "problem")
            assert problems
            assert all("down front→back1: toxiproxy: " in str(op.error) for op in problems)
            [crashed, _] = windows(recorder)
            assert crashed.healed_s is not None
            assert (await cluster.nodes["back1"].probe(1)).ready


async def stop_toxiproxy(cluster: LocalCluster) -> None:
    assert cluster._server is not None
    await cluster._server.process.stop(0)


async def test_a_schedule_that_does_not_fit_the_system_is_refused_before_anything_happens(
    cluster: LocalCluster, recorder: Recorder
) -> None:
    with pytest.raises(InvalidSchedule, match="no 'worker1'"):
        Nemesis(cluster, schedule(crash("worker1").at(0)), recorder)
    assert words(recorder) == []


async def test_ops_carry_the_parameters_and_figures(cluster: LocalCluster, recorder: Recorder) -> None:
    await Nemesis(cluster, schedule(latency(EDGE, ms=80).between(0, 0.4)), recorder).run(asyncio.Event())
    values: dict[str, Any] = {op.f: dict(op.value or {}) for op in recorder.history.of(NEMESIS)}
    assert values["inject"] == {
        "id": "latency-1",
        "kind": "latency",
        "target": EDGE,
        "parameters": {"ms": 80, "jitter_ms": 0, "direction": "down"},
        "takes_out": [],
    }
    assert values["evidence"]["figures"]["rise_ms"] >= 64
    assert values["healed"] == {"id": "latency-1"}
