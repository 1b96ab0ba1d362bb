"""What the core may expect of a worker: a real one behind gRPC and the scripted one fail in the same ways."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from chaos.processes.ports import PortReservation
from chaos.processes.process import OsProcess
from system.coordinator.core.worker import Answer, AttemptFailed, Cause, Item, Worker
from system.coordinator.grpc_worker import GrpcWorker
from tests.coordinator.scripted import ScriptedWorker

PATIENCE_S = 30.0
ITEMS = [Item("1", "a wonderful film"), Item("2", "a dreadful film")]


@dataclass
class Victim:
    """A worker as the core sees it, and the means to hurt it."""

    worker: Worker
    crash: Callable[[], object]
    pause: Callable[[], object]
    resume: Callable[[], object]
    restart: Callable[[], object]

    async def do(self, what: Callable[[], object]) -> None:
        done = what()
        if asyncio.iscoroutine(done):
            await done

    async def until_healthy(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while await self.health() is not None:
                await asyncio.sleep(0.05)

    async def health(self) -> Cause | None:
        try:
            await self.worker.check(0.5)
        except AttemptFailed as failure:
            return failure.cause
        return None


@asynccontextmanager
async def scripted(_: Path) -> AsyncIterator[Victim]:
    worker = ScriptedWorker(service_s=0.2)
    yield Victim(worker, worker.crash, worker.pause, worker.resume, worker.restart)


@asynccontextmanager
async def real(logs: Path) -> AsyncIterator[Victim]:
    with PortReservation() as port:
        process = OsProcess(
            "worker1",
            (sys.executable, "-m", "system.worker"),
            log=logs / "worker1.log",
            # Long enough for a crash to come in the middle of a batch, whatever the machine is busy with.
            environment={"PORT": str(port.port), "WORKER_ID": "worker1", "MAX_DELAY": "0.4", "SEED": "1"},
        )
        async with process, GrpcWorker(port.address) as worker:
            victim = Victim(worker, process.kill, process.pause, process.resume, process.start)
            await victim.until_healthy()
            yield victim


@pytest.fixture(params=[scripted, real], ids=["scripted", "real"])
def a_worker(request: pytest.FixtureRequest, tmp_path: Path) -> AbstractAsyncContextManager[Victim]:
    context: AbstractAsyncContextManager[Victim] = request.param(tmp_path)
    return context


async def outcome(worker: Worker) -> Cause | list[object]:
    try:
        return list(await worker.infer(ITEMS, PATIENCE_S))
    except AttemptFailed as failure:
        return failure.cause


async def test_a_batch_has_one_answer_per_item_in_order(a_worker: AbstractAsyncContextManager[Victim]) -> None:
    async with a_worker as victim:
        first, second = await victim.worker.infer(ITEMS, PATIENCE_S)
        assert isinstance(first, Answer)
        assert isinstance(second, Answer)
        assert first.output != second.output
        assert first.score is not None


async def test_a_crash_in_the_middle_of_a_batch_cuts_it(a_worker: AbstractAsyncContextManager[Victim]) -> None:
    async with a_worker as victim:
        call = asyncio.create_task(outcome(victim.worker))
        await asyncio.sleep(0.02)
        await victim.do(victim.crash)
        assert await call is Cause.CUT


async def test_a_worker_that_is_gone_is_not_sent_anything(a_worker: AbstractAsyncContextManager[Victim]) -> None:
    async with a_worker as victim:
        await victim.do(victim.crash)
        async with asyncio.timeout(PATIENCE_S):
            # The first call after the crash may still meet the broken connection itself.
            while await outcome(victim.worker) is not Cause.NOT_SENT:
                await asyncio.sleep(0.05)
        assert await victim.health() is Cause.NOT_SENT


async def test_a_worker_that_restarted_is_found_again(a_worker: AbstractAsyncContextManager[Victim]) -> None:
    async with a_worker as victim:
        await victim.do(victim.crash)
        assert await victim.health() is not None
        await victim.do(victim.restart)
        await victim.until_healthy()
        assert isinstance(await outcome(victim.worker), list)


async def test_a_paused_worker_is_silent_and_answers_late(a_worker: AbstractAsyncContextManager[Victim]) -> None:
    async with a_worker as victim:
        await victim.do(victim.pause)
        call = asyncio.create_task(outcome(victim.worker))
        assert await victim.health() is Cause.SILENT
        assert not call.done()
        await victim.do(victim.resume)
        assert isinstance(await call, list)
        assert await victim.health() is None


async def test_a_call_that_is_given_up_leaves_the_worker_fit(a_worker: AbstractAsyncContextManager[Victim]) -> None:
    async with a_worker as victim:
        call = asyncio.create_task(outcome(victim.worker))
        await asyncio.sleep(0.02)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert isinstance(await outcome(victim.worker), list)
