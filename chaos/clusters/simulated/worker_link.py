"""A worker as the coordinator's core knows one, at the other end of a simulated channel.

Turns outcomes of calls into the core's in the same way as system/coordinator/grpc_worker.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

from chaos.clusters.simulated.channel import Channel, RpcFailed
from chaos.clusters.simulated.grpc_wire import Infer, Status
from chaos.clusters.simulated.link import Link
from chaos.clusters.simulated.process import Process
from system.coordinator.core.worker import Answer, AttemptFailed, Cause, Health, Item, ItemRefused

STALE_CHANNEL_S: Final = 4.0  # as there


class WorkerLink:
    """Implements the core's `Worker`."""

    def __init__(self, link: Link, process: Process, rng: Random) -> None:
        self._link = link
        self._process = process
        self._rng = rng
        self._loop = process.loop
        self._channel = Channel(link, process, rng)
        self._unreached_since: float | None = None
        self._tells_when_it_begins = False

    async def infer(self, items: Sequence[Item], timeout_s: float) -> Sequence[Answer | ItemRefused]:
        try:
            answer = await self._channel.infer(Infer(0, items, timeout_s), timeout_s)
        except RpcFailed as problem:
            problem.begun = problem.begun or not self._tells_when_it_begins
            raise
        self._unreached_since = None
        self._tells_when_it_begins = True
        return answer.outcomes

    async def check(self, timeout_s: float) -> Health:
        try:
            told = await self._channel.check(timeout_s)
        except RpcFailed as problem:
            failed: AttemptFailed = problem
            if problem.status is Status.DEADLINE_EXCEEDED:
                failed = AttemptFailed(Cause.SILENT, f"no heartbeat for {timeout_s:g} s")
            if failed.cause not in (Cause.REFUSED, Cause.NOT_SERVING):
                self._not_reached()
            raise failed from None
        self._unreached_since = None
        if not told.ok:
            raise AttemptFailed(Cause.NOT_SERVING, "it says that it is not serving")
        return Health(told.instance or None, told.crash_rate)

    def _not_reached(self) -> None:
        now = self._loop.time()
        if self._unreached_since is None:
            self._unreached_since = now
        elif now - self._unreached_since > STALE_CHANNEL_S:
            self._unreached_since = None
            stale, self._channel = self._channel, Channel(self._link, self._process, self._rng)
            stale.close()

    def close(self) -> None:
        self._channel.close()
