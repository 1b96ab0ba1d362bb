"""A worker as a process of its own, with its log lines and a channel to it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import grpc.aio
import orjson
from grpc_health.v1 import health_pb2, health_pb2_grpc

from proto import inference_pb2, inference_pb2_grpc
from proto.trailers import NOT_EXECUTED

# Generous: these tests share noisy cores with others. Nothing waits this long unless it has failed.
PATIENCE_S: Final = 30.0

# Bytes; a line names up to a batch of ids, escaped.
LONGEST_LINE: Final = 4 * 1024 * 1024

Line = dict[str, Any]


def environment(settings: Mapping[str, object]) -> dict[str, str]:
    """The environment of a worker that hears of these settings only."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    return {**kept, "PORT": "0", **{name: str(value) for name, value in settings.items()}}


async def start_and_fail(settings: Mapping[str, object]) -> tuple[int, str]:
    """Exit code and stderr of a worker that cannot start."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "system.worker",
        env=environment(settings),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            _, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return process.returncode, complaint.decode()


class RunningWorker:
    """One worker; everything it logged so far is in `lines`, and what else it said on stderr in `complaints`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[Line] = []
        self.complaints: list[str] = []
        self._logged = asyncio.Condition()
        self._ended = False

    async def read_log(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            async with self._logged:
                self.lines.append(orjson.loads(line))
                self._logged.notify_all()
        async with self._logged:
            self._ended = True
            self._logged.notify_all()

    async def read_complaints(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.complaints.append(line.decode(errors="replace"))
            sys.stderr.write(self.complaints[-1])  # for the report of a test that fails

    async def line(self, event: str, matches: Callable[[Line], bool] = lambda _: True) -> Line:
        """The first line of this event, now or within the patience of a test."""

        def found() -> list[Line]:
            return [line for line in self.lines if line["event"] == event and matches(line)]

        async with asyncio.timeout(PATIENCE_S), self._logged:
            await self._logged.wait_for(lambda: found() or self._ended)
        assert found(), f"the worker ended without a line {event!r}"
        return found()[0]

    async def exit_code(self) -> int:
        async with asyncio.timeout(PATIENCE_S):
            return await self.process.wait()

    async def address(self) -> str:
        return f"127.0.0.1:{(await self.line('listening'))['port']}"


class Client:
    """The two services of a worker over one channel."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.channel = channel
        self._inference = inference_pb2_grpc.InferenceServiceStub(channel)
        self._health = health_pb2_grpc.HealthStub(channel)

    def infer(
        self,
        texts: Sequence[str],
        ids: Sequence[str] | None = None,
        timeout: float = PATIENCE_S,
        times_s: Sequence[float] = (),
        traceparents: Sequence[str] = (),
    ) -> grpc.aio.UnaryUnaryCall[inference_pb2.InferRequest, inference_pb2.InferResponse]:
        """A call under way; await it for its answer."""
        request = inference_pb2.InferRequest(
            request_ids=[f"r{index}" for index in range(len(texts))] if ids is None else ids,
            input_texts=texts,
            time_remaining_s=times_s,
            traceparents=traceparents,
        )
        return self._inference.Infer(request, timeout=timeout)

    async def health_check(self) -> inference_pb2.HealthResponse:
        return await self._inference.HealthCheck(inference_pb2.HealthRequest(), timeout=PATIENCE_S)

    async def status(self, service: str = "") -> str:
        answer = await self._health.Check(health_pb2.HealthCheckRequest(service=service), timeout=PATIENCE_S)
        return str(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))

    async def watch(self, service: str = "") -> AsyncIterator[str]:
        """Every change of status, the present one first."""
        async for answer in self._health.Watch(health_pb2.HealthCheckRequest(service=service), timeout=PATIENCE_S):
            yield str(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))


def says_not_executed(error: grpc.aio.AioRpcError) -> bool:
    return NOT_EXECUTED in tuple(error.trailing_metadata())


@asynccontextmanager
async def running_worker(*program: str, **settings: object) -> AsyncIterator[RunningWorker]:
    """A worker that may still be starting; killed at the end if it has not gone by itself.

    `program` is what Python runs in the place of the worker's own module.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *(program or ("-m", "system.worker")),
        env=environment(settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=LONGEST_LINE,
    )
    worker = RunningWorker(process)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(worker.read_log())
        tasks.create_task(worker.read_complaints())
        try:
            yield worker
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


@asynccontextmanager
async def connected(worker: RunningWorker) -> AsyncIterator[Client]:
    async with grpc.aio.insecure_channel(await worker.address()) as channel:
        yield Client(channel)


@asynccontextmanager
async def serving(*program: str, **settings: object) -> AsyncIterator[tuple[RunningWorker, Client]]:
    """A worker that serves, and a client of it."""
    async with running_worker(*program, **settings) as worker:
        await worker.line("serving")
        async with connected(worker) as client:
            yield worker, client
