"""A fleet that grows, shrinks and is replaced under load loses nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from itertools import groupby, takewhile
from pathlib import Path
from random import Random
from typing import Any, Final
from urllib.request import urlopen

import pytest

from chaos.clients.client import InferClient, RoamingInferClient
from chaos.clusters.docker.engine import EngineMissing
from chaos.http_page import http_page
from chaos.invariants import answered_once, answers_correct, no_loss
from chaos.judgement import judge
from chaos.load import Load
from chaos.observer import Observer
from chaos.processes.ports import PortReservation
from chaos.recorder import Recorder, loop_clock
from chaos.workload import poisson
from reports.directory import RunDirectory
from reports.record import Record
from reports.verdict import Verdict
from tests.docker_engine import docker_is_missing
from tests.swarm.stack import IMAGES, NEXT, NotOurs, Stack, images, own_swarm, until

pytestmark = [pytest.mark.swarm, pytest.mark.timeout(900)]

RATE: Final = 20.0  # requests a second, which two workers keep up with on a machine that also builds and starts others
LONGEST_S: Final = 600.0
DEADLINE_S: Final = 17.0  # as long as the coordinators themselves take for a request, and a little
READY_S: Final = 120.0
STEADY_S: Final = 3.0


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with _required(), own_swarm() as engine, images(engine):
        with PortReservation() as one, PortReservation() as two:
            deployed = Stack(engine, f"brownout-test-{one.port}", (one.port, two.port))
        with deployed.deployed():
            yield deployed


@contextmanager
def _required() -> Iterator[None]:
    """Where there is nothing to do it with, or no right to, the test is skipped, unless docker is required."""
    try:
        yield
    except (EngineMissing, NotOurs) as problem:
        docker_is_missing(problem)


class Fleet:
    """A deployed stack under load."""

    def __init__(self, stack: Stack, load: Load) -> None:
        self.stack = stack
        self._load = load

    async def serves_with(self, workers: int) -> None:
        """Return once each coordinator has so many workers, all of them up, and no other."""
        what = f"both coordinators have {workers} workers"
        await until(
            lambda: all(states(url) == ["up"] * workers for url in self.stack.urls.values()),
            within_s=READY_S,
            what=what,
        )

    async def answers(self) -> None:
        """Return once as many requests were answered as are sent in a while."""
        enough = self._load.progress.answered + RATE * STEADY_S
        await until(lambda: self._load.progress.answered >= enough, within_s=READY_S, what="requests are answered")


def states(url: str) -> list[str]:
    """Of the workers that a coordinator has now; none where it does not answer."""
    try:
        with urlopen(f"{url}/status", timeout=5) as answer:  # noqa: S310 - http, as `Stack.urls` has it
            return sorted(each["state"] for each in json.load(answer)["workers"])
    except OSError:
        return []


@asynccontextmanager
async def under_load(stack: Stack, directory: RunDirectory) -> AsyncIterator[Fleet]:
    """Every request that was sent is answered or given up when the scope is left."""
    client, workload, enough = RoamingInferClient(InferClient()), poisson(rate=RATE, seconds=LONGEST_S), asyncio.Event()
    async with AsyncExitStack() as scopes:
        recorder = scopes.enter_context(Recorder(directory.history, clock=loop_clock()))
        session = await scopes.enter_async_context(client.open_any(stack.urls))
        for name, url in stack.urls.items():
            page = await scopes.enter_async_context(http_page(f"{url}/status"))
            scopes.enter_context(_cancelled(asyncio.create_task(Observer(page, recorder, of=name).watch())))
        load = Load(client, session, recorder, deadline_s=DEADLINE_S)
        fleet = Fleet(stack, load)
        await fleet.serves_with(3)
        requests = takewhile(lambda _: not enough.is_set(), workload.requests(Random(1)))
        sending = asyncio.create_task(load.run(requests))
        try:
            yield fleet
        finally:
            enough.set()
            await sending


@contextmanager
def _cancelled(task: asyncio.Task[Any]) -> Iterator[asyncio.Task[Any]]:
    try:
        yield task
    finally:
        task.cancel()


def counts(record: Record, coordinator: str) -> list[tuple[float, int]]:
    """How many workers it called alive, from when on, in seconds of the run."""
    alive = [
        (time_s, sum(each["alive"] for each in status["workers"]))
        for time_s, _, status in record.statuses_of(coordinator)
    ]
    return [next(group) for _, group in groupby(alive, key=lambda sample: sample[1])]


@pytest.fixture
def directory(tmp_path: Path, request: pytest.FixtureRequest) -> RunDirectory:
    runs = request.config.getoption("--runs-dir") or tmp_path
    facts = {"scenario": "swarm", "substrate": "swarm", "seed": 1, "system": {"nodes": [], "settings": {}}}
    return RunDirectory.create(runs, "a fleet on a swarm", datetime.now(UTC), facts=facts)


async def test_a_fleet_is_scaled_and_replaced_under_load_and_loses_nothing(
    stack: Stack, directory: RunDirectory, request: pytest.FixtureRequest
) -> None:
    directory.write_schedule({"version": 1})
    async with under_load(stack, directory) as fleet:
        await fleet.answers()
        for workers in (6, 2):
            await asyncio.to_thread(stack.scale, "worker", workers)
            await fleet.serves_with(workers)
            await fleet.answers()
        before = await asyncio.to_thread(stack.running, "worker")
        for service, image in (
            ("worker", IMAGES["WORKER_IMAGE"]),
            ("coordinator1", IMAGES["COORDINATOR_IMAGE"]),
            ("coordinator2", IMAGES["COORDINATOR_IMAGE"]),
        ):
            await stack.update(service, f"{image}{NEXT}")
            # The next is taken away only once this one serves again: what carries the load is never both at once.
            await fleet.serves_with(2)
            await fleet.answers()
        after = await asyncio.to_thread(stack.running, "worker")

    record = directory.read()
    judgement = judge(record, (no_loss(), answered_once(), answers_correct()), run=directory.name)
    directory.write_verdicts(judgement.to_json())
    moved = sum(bool(each.answer.get("tries")) for each in record.requests)
    told = {name: counts(record, name) for name in stack.urls}
    figures = {
        "sent": len(record.requests),
        "lost": len(record.requests) - judgement.figures.ok,
        "asked of the other coordinator": moved,
        **{f"workers of {name}": ", ".join(f"{n} at {s:.0f} s" for s, n in each) for name, each in told.items()},
    }
    for name, figure in figures.items():
        request.node.user_properties.append((name, figure))
    (directory.path / "fleet.json").write_text(json.dumps(figures, indent=2), encoding="utf-8")
    assert judgement.verdict is Verdict.HELD, "\n".join(judgement.lines())
    assert before.keys().isdisjoint(after)
    assert set(after.values()) == {f"{IMAGES['WORKER_IMAGE']}{NEXT}"}
    assert moved > 0
    for each in told.values():
        seen = [number for _, number in each]
        assert seen.index(3) < seen.index(6) < len(seen) - 1 - seen[::-1].index(2)
