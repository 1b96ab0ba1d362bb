"""A simulated worker: the program of system/worker, with a model that is known beforehand.

Infer ─► let in, or refused ─► lane: one batch at a time ─► answers
                                 MAX_DELAY, then text by text; CRASH_RATE, CRASH_ON, deadlines
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from random import Random
from typing import Any, Final

from chaos.clusters.simulated.grpc_server import Caller, serve
from chaos.clusters.simulated.grpc_wire import FRAMES, Begun, Failed, Infer, Inferred, Status, Told
from chaos.clusters.simulated.loop import Call as LoopCall
from chaos.clusters.simulated.oracle import Oracle
from chaos.clusters.simulated.process import Process
from chaos.clusters.simulated.settings import WorkerSettings
from system.coordinator.core.worker import Answer, ItemRefused

CRASH_EXIT_CODE: Final = 70
MAX_ITEMS: Final = 1024
MAX_CHARACTERS: Final = 50_000  # of a text that the model reads

# Seconds, at least and at most, as measured of the real ones on two cores.
UNTIL_LISTENING_S: Final = (0.45, 0.75)
UNTIL_SERVING_S: Final = (0.25, 0.5)
UNTIL_GONE_S: Final = (0.02, 0.06)
PER_TEXT_S: Final = (0.0008, 0.0016)


class Batch:
    """One call that was let in."""

    __slots__ = ("arrived", "bell", "call", "deadline", "deadlines", "ends", "failure", "items", "peer")

    def __init__(self, peer: Caller, call: Infer, now: float) -> None:
        self.peer = peer
        self.call = call.call
        self.items = call.items
        self.arrived = now
        self.deadline = now + call.timeout_s
        self.deadlines = [now + item.timeout_s for item in call.items]
        self.ends: list[float] = []
        """When each of its texts is done, once it is computed."""
        self.bell: LoopCall | None = None
        self.failure: Status | None = None
        """What it ends with although it is computed."""

    @property
    def request_ids(self) -> list[str]:
        return [item.request_id for item in self.items]

    @property
    def trace_ids(self) -> list[str | None] | None:
        """As a worker's log has them: None if nobody traces."""
        ids = [None if item.traceparent is None else item.traceparent.split("-")[1] for item in self.items]
        return ids if any(ids) else None


class Worker:
    """One process of it."""

    def __init__(self, process: Process, settings: WorkerSettings, oracle: Oracle, rng: Random) -> None:
        self._process = process
        self._loop = process.loop
        self._settings = settings
        self._oracle = oracle
        self._rng = rng
        self._misfortune = rng if settings.seed is None else Random(settings.seed)
        self._instance = f"{rng.getrandbits(128):032x}"
        self._serving = False
        self._running: dict[Batch, None] = {}
        self._waiting: deque[Batch] = deque()
        self._computing: Batch | None = None
        self._idle: asyncio.Event = asyncio.Event()
        self._idle.set()
        self._mishaps: Mapping[str, Mapping[str, Any]] = {}
        self._calls = 0
        self._counted_for: Mapping[str, Any] | None = None

    async def main(self) -> int:
        process = self._process
        asked, insisted = asyncio.Event(), asyncio.Event()
        process.on_mishaps = self._say_mishaps
        self._say_mishaps()
        await self._takes(UNTIL_LISTENING_S)
        process.on_signal(lambda times: (insisted if times > 1 else asked).set())
        serve(self, process)
        process.log("listening", level="info", host="127.0.0.1", port=0)
        loading = process.spawn(self._takes(UNTIL_SERVING_S))
        if await _done_before(loading, asked):
            self._serving = True
            process.log("serving", level="info", model="simulated")
            await asked.wait()
            self._serving = False
            await self._drain(insisted)
        process.log("stopped", level="info")
        process.listener = None
        await self._takes(UNTIL_GONE_S)
        return 0

    async def _drain(self, insisted: asyncio.Event) -> None:
        self._process.log("draining", level="info", running=len(self._running))
        idle = self._process.spawn(self._idle.wait())
        if await _done_before(idle, insisted, self._settings.drain_timeout):
            return
        left = list(self._running)
        self._process.log(
            "drain cut short" if insisted.is_set() else "drain timed out",
            level="warning",
            abandoned=len(left),
            requests=sum(len(batch.items) for batch in left),
            request_ids=[each for batch in left for each in batch.request_ids],
            bound_s=self._settings.drain_timeout,
        )

    async def _takes(self, bounds: tuple[float, float]) -> None:
        await asyncio.sleep(self._rng.uniform(*bounds))

    # ── what callers ask ─────────────────────────────────────────────────────────────────────────────────────────

    def health(self, call: int) -> Told:
        return Told(call, self._serving, self._instance, self._settings.crash_rate)

    def infer(self, caller: Caller, call: Infer) -> None:
        name, most = self._settings.worker_id, self._settings.max_concurrent_batches
        if not self._serving:
            refusal = Status.UNAVAILABLE, f"{name} is not serving: it is starting or draining"
        elif len(self._running) >= most:
            refusal = (
                Status.RESOURCE_EXHAUSTED,
                f"{name} already holds {len(self._running)} batches, as many as it may",
            )
        elif len(call.items) > MAX_ITEMS:
            refusal = (
                Status.INVALID_ARGUMENT,
                f"input_texts has {len(call.items)} items; at most {MAX_ITEMS} are taken",
            )
        elif (failing := self._failing()) is not None and not failing["computed"]:
            refusal = Status(failing["status"]), "failed on purpose"
            caller.send(Failed(call.call, *refusal))
            return
        else:
            batch = Batch(caller, call, self._loop.time())
            batch.failure = None if failing is None else Status(failing["status"])
            self._running[batch] = None
            self._idle.clear()
            self._waiting.append(batch)
            self._take_turn()
            return
        caller.send(Failed(call.call, *refusal, executed=False))

    def abandon(self, caller: Caller, call: int | None) -> None:
        """Whoever made this call, or all calls of this connection, has left."""
        for batch in [each for each in self._running if each.peer is caller and call in (None, each.call)]:
            self._process.log(
                "batch abandoned",
                level="info",
                request_ids=batch.request_ids,
                trace_ids=batch.trace_ids,
                size=len(batch.items),
            )
            self._leave(batch)
            if batch is not self._computing:
                self._waiting.remove(batch)
            else:
                self._break_off(batch)

    # ── the lane ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _take_turn(self) -> None:
        while self._computing is None and self._waiting:
            batch = self._waiting.popleft()
            if self._loop.time() >= batch.deadline:
                self._leave(batch)
                why = "the deadline passed while the batch waited for its turn"
                batch.peer.send(Failed(batch.call, Status.DEADLINE_EXCEEDED, why, executed=False))
                continue
            self._computing = batch
            batch.peer.send(Begun(batch.call))
            self._begin(batch)

    def _begin(self, batch: Batch) -> None:
        """As many draws for every batch: with one seed a changed CRASH_RATE leaves the delays alone."""
        began = self._loop.time()
        slow_s = self._mishaps.get("slow_model", {"ms": 0})["ms"] / 1000
        if not batch.items:
            batch.bell = self._process.later(slow_s, self._compute, batch, began, None)
            return
        delay_s = slow_s + self._misfortune.random() * self._settings.max_delay
        crashes = self._misfortune.random() < self._settings.crash_rate
        after = 1 + int(self._misfortune.random() * len(batch.items))
        batch.bell = self._process.later(delay_s, self._compute, batch, began, after if crashes else None)

    def _compute(self, batch: Batch, turn_s: float, crash_after: int | None) -> None:
        """Text by text; all of it is known beforehand but whether the caller leaves."""
        at = now = self._loop.time()
        outcomes: list[Answer | ItemRefused] = []
        for number, (item, deadline) in enumerate(zip(batch.items, batch.deadlines, strict=True), 1):
            if at >= deadline:
                outcomes.append(ItemRefused("its deadline passed before it was computed"))
            elif (reason := self._killed_by(item.text)) is not None:
                batch.bell = self._process.later(at - now, self._crash, reason)
                return
            elif len(item.text) > MAX_CHARACTERS:
                outcomes.append(ItemRefused(f"the text has {len(item.text)} characters; {MAX_CHARACTERS} are read"))
            else:
                outcomes.append(self._oracle(item.text))
                at += self._text_s(item.text)
                batch.ends.append(at)
            if number == crash_after:
                batch.bell = self._process.later(at - now, self._crash, "CRASH_RATE")
                return
        batch.bell = self._process.later(at - now, self._answer, batch, turn_s, outcomes)

    def _text_s(self, text: str) -> float:
        least, most = PER_TEXT_S
        return (least + (most - least) * self._rng.random()) * (1 + len(text) / 500)

    def _answer(self, batch: Batch, turn_s: float, outcomes: list[Answer | ItemRefused]) -> None:
        self._let_go(batch)
        if batch not in self._running:
            return  # abandoned
        now = self._loop.time()
        self._process.log(
            "batch",
            level="info",
            request_ids=batch.request_ids,
            trace_ids=batch.trace_ids,
            size=len(batch.items),
            outputs=[each.output if isinstance(each, Answer) else None for each in outcomes],
            expired=sum(isinstance(each, ItemRefused) for each in outcomes),
            queue_ms=round((turn_s - batch.arrived) * 1e3, 3),
            compute_ms=round((now - turn_s) * 1e3, 3),
        )
        self._leave(batch)
        if batch.failure is not None:
            self._strike("fail_rpc")
            batch.peer.send(Failed(batch.call, batch.failure, "failed on purpose"))
        elif now >= batch.deadline:
            batch.peer.send(Failed(batch.call, Status.DEADLINE_EXCEEDED, "Deadline Exceeded"))
        else:
            batch.peer.send(Inferred(batch.call, outcomes), FRAMES * (1 + len(outcomes)))

    def _break_off(self, batch: Batch) -> None:
        """The turn passes on when the text at hand is done, or at once where none is yet."""
        now = self._loop.time()
        done_at = next((end for end in batch.ends if end > now), now)
        if batch.bell is not None and batch.bell.when() > done_at:
            batch.bell.cancel()
            batch.bell = self._process.later(done_at - now, self._let_go, batch)

    def _leave(self, batch: Batch) -> None:
        self._running.pop(batch, None)
        if not self._running:
            self._idle.set()

    def _let_go(self, batch: Batch) -> None:
        if batch.bell is not None:
            batch.bell.cancel()
        self._computing = None
        self._take_turn()

    # ── what it inflicts on itself because it is told to ─────────────────────────────────────────────────────────

    def _say_mishaps(self) -> None:
        self._mishaps = dict(self._process.mishaps)
        self._process.log("mishaps", level="warning", in_force=self._mishaps)

    def _failing(self) -> Mapping[str, Any] | None:
        """What fails this call, if anything does; to be asked once for each call."""
        failing = self._mishaps.get("fail_rpc")
        if failing is not self._counted_for:
            self._counted_for, self._calls = failing, 0
        if failing is None:
            return None
        self._calls += 1
        if not failing["nth"] <= self._calls < failing["nth"] + failing["times"]:
            return None
        if not failing["computed"]:
            self._strike("fail_rpc")
        return failing

    def _killed_by(self, text: str) -> str | None:
        if self._settings.crash_on is not None and self._settings.crash_on in text:
            return "CRASH_ON"
        poison = self._mishaps.get("crash_on")
        return None if poison is None or poison["text"] not in text else "crash_on"

    def _strike(self, kind: str) -> None:
        self._process.log("mishap", level="warning", kind=kind)

    def _crash(self, reason: str) -> None:
        if reason == "crash_on":
            self._strike(reason)
        self._process.log("crashing on purpose", level="error", reason=reason, exit_code=CRASH_EXIT_CODE)
        self._process.exit(CRASH_EXIT_CODE)


async def _done_before(work: asyncio.Future[Any], event: asyncio.Event, bound_s: float | None = None) -> bool:
    """Whether `work` was done before `event` was set and before the bound had passed."""
    waiting = asyncio.ensure_future(event.wait())
    try:
        done, _ = await asyncio.wait([work, waiting], timeout=bound_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
    return work in done
