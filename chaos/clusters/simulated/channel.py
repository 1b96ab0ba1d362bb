"""A gRPC channel of the coordinator: one connection at a time, made when it is needed and again after a pause.

    idle ── a call ──▶ connecting ── SETTINGS ──▶ ready ── the connection is lost ──▶ idle
                           │ ▲                     the calls under way end UNAVAILABLE
               no SETTINGS ▼ │ after a pause
                         failing: calls end at once, never sent

The times are those that system/coordinator/connection.py asks gRPC for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from enum import Enum, auto
from itertools import count
from random import Random
from typing import Any, Final

from chaos.clusters.simulated.connection import Connection
from chaos.clusters.simulated.grpc_wire import (
    FRAMES,
    PREFACE,
    SETTINGS,
    Begun,
    Cancel,
    Failed,
    HealthCheck,
    Infer,
    Inferred,
    Message,
    Status,
    Told,
    size_of,
)
from chaos.clusters.simulated.link import Link
from chaos.clusters.simulated.loop import Call as LoopCall
from chaos.clusters.simulated.process import Process
from system.coordinator.core.worker import AttemptFailed, Cause

FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 0.5
PAUSE_GROWTH: Final = 1.6  # gRPC's own
PAUSE_JITTER: Final = 0.2  # gRPC's own
CONNECT_S: Final = 0.5  # for an attempt to connect

NEVER_SENT: Final = "failed to connect to all addresses; last error: "


class Connectivity(Enum):
    IDLE = auto()
    CONNECTING = auto()
    READY = auto()
    FAILING = auto()


class RpcFailed(AttemptFailed):
    """With the status that gRPC would have given."""

    def __init__(self, cause: Cause, status: Status, details: str, *, begun: bool = True) -> None:
        super().__init__(cause, f"{status}: {details}", begun=begun)
        self.status = status
        self.details = details


def failure(status: Status, details: str, *, executed: bool = True, sent: bool = True) -> RpcFailed:
    """What gRPC's outcome says of the batch: the table of `system.coordinator.grpc_worker._failure`."""
    if not executed and status in (Status.UNAVAILABLE, Status.RESOURCE_EXHAUSTED):
        cause = Cause.NOT_SERVING
    elif status is Status.UNAVAILABLE:
        cause = Cause.CUT if sent else Cause.NOT_SENT
    elif status is Status.CANCELLED:
        cause = Cause.CUT
    elif status is Status.DEADLINE_EXCEEDED:
        cause = Cause.TOO_SLOW
    else:
        cause = Cause.REFUSED
    return RpcFailed(cause, status, details)


class Pending:
    """One call under way. `answer` gets the worker's message, or RpcFailed."""

    __slots__ = ("alarm", "answer", "begun", "message", "size")

    def __init__(self, answer: asyncio.Future[Message], message: Infer | HealthCheck, size: int) -> None:
        self.answer = answer
        self.message = message
        self.size = size
        self.begun = False
        self.alarm: LoopCall | None = None


class Channel:
    """Of one process to one link. Its calls raise RpcFailed."""

    def __init__(self, link: Link, process: Process, rng: Random) -> None:
        self.closed = False
        self._link = link
        self._loop = process.loop
        self._process = process
        self._rng = rng
        self._state = Connectivity.IDLE
        self._connection: Connection | None = None
        self._calls: dict[int, Pending] = {}
        self._next = count(1).__next__
        self._pause_s = FIRST_PAUSE_S
        self._began = 0.0
        self._alarm: LoopCall | None = None

    def infer(self, message: Infer, timeout_s: float) -> Coroutine[Any, Any, Inferred]:
        return self._call(message, size_of(message.items), timeout_s)

    def check(self, timeout_s: float) -> Coroutine[Any, Any, Told]:
        return self._call(HealthCheck(0), FRAMES, timeout_s)

    def close(self) -> None:
        """Calls under way end as cancelled."""
        self.closed = True
        self._silence()
        if self._connection is not None:
            self._connection.close_client()
            self._connection = None
        self._fail_all(failure(Status.CANCELLED, "the channel was replaced"))

    # ── calls ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _call(self, message: Infer | HealthCheck, size: int, timeout_s: float) -> Any:  # noqa: ANN401 - see Message
        number = message.call = self._next()
        if self._state is Connectivity.FAILING:
            raise failure(Status.UNAVAILABLE, NEVER_SENT + "connection refused or closed", sent=False)
        pending = self._calls[number] = Pending(self._loop.create_future(), message, size)
        pending.alarm = self._loop.call_at(
            self._loop.time() + timeout_s, self._too_late, number, context=self._process.context
        )
        if self._state is Connectivity.READY:
            self._send(message, size)
        elif self._state is Connectivity.IDLE:
            self._connect()
        try:
            return await pending.answer
        finally:
            pending.alarm.cancel()
            if number in self._calls:  # whoever asked has gone
                del self._calls[number]
                self._cancel(number)

    def _too_late(self, number: int) -> None:
        if number in self._calls:
            pending = self._calls.pop(number)
            self._cancel(number)
            _fail(pending, failure(Status.DEADLINE_EXCEEDED, "Deadline Exceeded"))

    def _send(self, message: Message, size: int) -> None:
        if self._connection is not None:
            self._connection.up.push(message, size)

    def _cancel(self, number: int) -> None:
        if self._state is Connectivity.READY:
            self._send(Cancel(number), FRAMES)

    def _fail_all(self, problem: RpcFailed) -> None:
        calls, self._calls = self._calls, {}
        for pending in calls.values():
            _fail(pending, problem)

    # ── the connection ───────────────────────────────────────────────────────────────────────────────────────────

    def _connect(self) -> None:
        self._began = self._loop.time()
        if self._state is not Connectivity.FAILING:
            self._state = Connectivity.CONNECTING
        self._connection = self._link.dial(self, self._process)
        if self._connection is None:
            self._not_connected("connection refused")
        else:
            self._connection.up.push(PREFACE, FRAMES)
            self._alarm = self._process.later(CONNECT_S, self._not_connected, "timed out")

    def _not_connected(self, why: str) -> None:
        self._silence()
        if self._connection is not None:
            self._connection.close_client()
            self._connection = None
        self._state = Connectivity.FAILING
        self._fail_all(failure(Status.UNAVAILABLE, NEVER_SENT + why, sent=False))
        pause_s = self._pause_s * (1 + PAUSE_JITTER * (2 * self._rng.random() - 1))
        self._pause_s = min(LONGEST_PAUSE_S, self._pause_s * PAUSE_GROWTH)
        self._alarm = self._process.later(max(0.0, self._began + pause_s - self._loop.time()), self._connect)

    def _silence(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def received(self, message: Message) -> None:
        if message is SETTINGS:
            self._silence()
            self._state = Connectivity.READY
            self._pause_s = FIRST_PAUSE_S
            for pending in self._calls.values():
                self._send(pending.message, pending.size)
            return
        if message.call not in self._calls:
            return  # nobody waits for it any more
        if isinstance(message, Begun):
            self._calls[message.call].begun = True
            return
        pending = self._calls.pop(message.call)
        if pending.answer.done():
            return
        if isinstance(message, Failed):
            pending.answer.set_exception(failure(message.status, message.details, executed=message.executed))
        else:
            pending.answer.set_result(message)

    def lost(self, *, reset: bool) -> None:
        if self.closed:
            return
        self._connection = None
        how = "Connection reset by peer" if reset else "Socket closed"
        if self._state is Connectivity.READY:
            self._state = Connectivity.IDLE
            self._fail_all(failure(Status.UNAVAILABLE, how))
        else:
            self._not_connected(how)


def _fail(pending: Pending, problem: RpcFailed) -> None:
    if not pending.answer.done():
        pending.answer.set_exception(RpcFailed(problem.cause, problem.status, problem.details, begun=pending.begun))
