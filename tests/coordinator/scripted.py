"""A worker whose every move a test decides. test_worker_contract.py holds it to what a real one does."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Sequence

from system.coordinator.core.worker import Answer, AttemptFailed, Cause, Health, Item, ItemRefused

SERVICE_S = 0.01


class ScriptedWorker:
    """Computes one batch at a time in `service_s` each, until told otherwise. `batches` is what it was asked."""

    def __init__(self, service_s: float = SERVICE_S) -> None:
        self.service_s = service_s
        self.batches: list[list[str]] = []
        self.asked_at: list[float] = []
        self.answered: list[str] = []
        self.items: list[Sequence[Item]] = []
        self.refuses: Cause | None = None
        self.refuses_share = 0.0
        self.refused_batches_with: str | None = None
        self.refused_texts: set[str] = set()
        self.deadly: set[str] = set()
        self.crashes = random.Random(0)
        self.crash_rate = 0.0
        self.deaths = 0
        self._lane = asyncio.Lock()
        self._there = asyncio.Event()
        self._there.set()
        self.instance = "first"
        self._cut: asyncio.Future[None] | None = None
        self._reachable = True

    # ── what a test does to it ───────────────────────────────────────────────────────────────────────────────────

    def crash(self) -> None:
        """Its process is gone: open calls break, new ones are refused."""
        self._reachable = False
        if self._cut is not None and not self._cut.done():
            self._cut.set_result(None)

    def cut(self) -> None:
        """Its connections break; it is still there."""
        if self._cut is not None and not self._cut.done():
            self._cut.set_result(None)
        self._cut = None

    def restart(self) -> None:
        if not self._reachable:
            self.instance += "'"
        self._reachable = True
        self._lane = asyncio.Lock()
        self._cut = None
        self._there.set()

    def pause(self) -> None:
        """It takes calls and answers nothing, not even health checks."""
        self._there.clear()

    def resume(self) -> None:
        self._there.set()

    # ── Worker ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def infer(self, items: Sequence[Item], timeout_s: float) -> Sequence[Answer | ItemRefused]:
        self.batches.append([item.text for item in items])
        self.asked_at.append(asyncio.get_running_loop().time())
        self.items.append(items)
        if self.refuses is not None:
            raise AttemptFailed(self.refuses, "as scripted")
        asked = len(self.batches)
        if int(asked * self.refuses_share) > int((asked - 1) * self.refuses_share) or (
            self.refused_batches_with in self.batches[-1]
        ):
            raise AttemptFailed(Cause.REFUSED, "as scripted")
        await self._within(timeout_s, self._compute([item.text for item in items]), Cause.TOO_SLOW)
        self.answered += [item.text for item in items]
        return [
            ItemRefused("as scripted") if item.text in self.refused_texts else Answer(item.text.upper(), 1.0)
            for item in items
        ]

    async def check(self, timeout_s: float) -> Health:
        await self._within(timeout_s, self._healthy(), Cause.SILENT)
        return Health(self.instance, self.crash_rate)

    async def _compute(self, texts: Sequence[str]) -> None:
        async with self._lane:
            await asyncio.sleep(self.service_s)
            await self._there.wait()
            if self.deadly.intersection(texts) or self.crashes.random() < self.crash_rate:
                self.deaths += 1
                self.crash()
                await asyncio.Event().wait()  # its answer is never written

    async def _healthy(self) -> None:
        await self._there.wait()

    async def _within(self, timeout_s: float, work: Coroutine[None, None, object], otherwise: Cause) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self._unless_cut(work)
        except TimeoutError:
            raise AttemptFailed(otherwise, f"nothing for {timeout_s:g} s") from None

    async def _unless_cut(self, work: Coroutine[None, None, object]) -> None:
        if not self._reachable:
            work.close()
            raise AttemptFailed(Cause.NOT_SENT, "connection refused")
        if self._cut is None:
            self._cut = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(work)
        try:
            await asyncio.wait((task, self._cut), return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise AttemptFailed(Cause.CUT, "connection reset")
            await task
        finally:
            task.cancel()
