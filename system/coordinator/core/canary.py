"""Whether a request sent now would be answered, found out by having one answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from system.coordinator.core.dispatcher import Dispatcher
from system.coordinator.core.member import Member
from system.coordinator.core.worker import Answer, AttemptFailed, Item

TEXT: Final = "the lights stay on"

# Ended requests that are looked through for one that was answered.
LOOKED_AT: Final = 16


class Canary:
    """An answer to real traffic is proof enough for `ttl_s`. Otherwise a short text is sent to the living workers, one
    after the other until one answers; it is in nobody's books. What came of it holds for `ttl_s`, however many ask.
    """

    def __init__(self, dispatcher: Dispatcher, ttl_s: float, wall_clock: Callable[[], float]) -> None:
        self._dispatcher = dispatcher
        self._ttl_s = ttl_s
        self._wall_clock = wall_clock
        self._asking = asyncio.Lock()
        self._complaint: str | None = None
        self._holds_until = 0.0

    async def complaint(self) -> str | None:
        """Why a request sent now would not be answered, or None."""
        if self._dispatcher.draining:
            return "shutting down"
        if not any(member.alive for member in self._dispatcher.members):
            return "no healthy worker: " + (
                ", ".join(f"{member.id} is {member.state}" for member in self._dispatcher.members) or "there is none"
            )
        if self._answered_lately():
            return None
        async with self._asking:
            loop = asyncio.get_running_loop()
            if loop.time() >= self._holds_until:
                self._complaint = await self._send()
                self._holds_until = loop.time() + self._ttl_s
            return self._complaint

    def _answered_lately(self) -> bool:
        now = self._wall_clock()
        return any(
            entry.success and abs(now - entry.timestamp - entry.latency_ms / 1000) < self._ttl_s
            for entry in self._dispatcher.ledger.recent(LOOKED_AT)
        )

    async def _send(self) -> str | None:
        complaints = []
        for member in sorted(self._dispatcher.members, key=lambda member: not member.idle):
            if member.alive:
                complaint = await self._ask(member)
                if complaint is None:
                    return None
                complaints.append(f"{member.id}: {complaint}")
        return "no worker answers: " + ", ".join(complaints)

    async def _ask(self, member: Member) -> str | None:
        timeout_s = self._dispatcher.policy.worker_timeout
        try:
            (outcome,) = await member.worker.infer([Item("canary", TEXT, timeout_s)], timeout_s)
        except AttemptFailed as failure:
            return str(failure)
        return None if isinstance(outcome, Answer) else outcome.reason
