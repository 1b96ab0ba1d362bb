"""One execution and one answer for each key that clients give, however often they send it.

Only answers are remembered: whatever failed or was refused may be tried again under its key. A keyed execution runs on
when its client goes away, because the key says that the client will be back for the answer.

Keys are kept in the memory of one coordinator, so they are lost when it ends, and another coordinator knows nothing of
them: what two behind one name come to is in docs/explanation/two-coordinators.md. To do better they would need a store
that both reach, in which a key is taken by one atomic write, with a lease that its coordinator renews while it runs:
after a crash nobody else can tell whether the execution happened.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from types import TracebackType
from typing import Any, ClassVar, Self

from system.coordinator.core.errors import NotAdmitted, RequestFailed
from system.coordinator.core.listener import Listener
from system.coordinator.core.request import Completed


class KeyReused(Exception):
    """The key is another input's."""

    status: ClassVar[int] = 422
    kind: ClassVar[str] = "key_reused"

    def __init__(self) -> None:
        super().__init__("was sent with another input before")


class StillRunning(Exception):
    """Whoever asked again was not willing to wait as long as the first one."""

    status: ClassVar[int] = 409

    def __init__(self) -> None:
        super().__init__("the first request with this key is still being answered")


class TooManyKeys(NotAdmitted):
    kind = "keys"

    def __init__(self, most: int) -> None:
        super().__init__(f"{most} keyed requests are being answered already")


@dataclass(frozen=True, slots=True)
class Answered:
    """`replayed` unless this very call had it executed."""

    completed: Completed
    replayed: bool


@dataclass(frozen=True, slots=True)
class _Remembered:
    fingerprint: bytes
    completed: Completed
    forget_at: float


@dataclass(frozen=True, slots=True, eq=False)
class _Running:
    """Ended ones keep what they failed with as a value: where nobody waits any more, nobody would fetch it."""

    fingerprint: bytes
    ended: asyncio.Future[Completed | NotAdmitted | RequestFailed]


class Idempotency:
    """Remembers `most` keys, each for `ttl_s` after its answer; beyond that the oldest answers are forgotten.

    Keys whose execution runs are never forgotten: when there are `most` of them, more are not admitted, and `listener`
    is told. `async with` it: leaving waits for them, unless by an error.
    """

    def __init__(self, most: int, ttl_s: float, listener: Listener | None = None) -> None:
        self._most = most
        self._ttl_s = ttl_s
        self._listener = listener
        self._running: dict[str, _Running] = {}
        self._remembered: dict[str, _Remembered] = {}  # in the order in which they are to be forgotten
        self._tasks = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        self._loop = asyncio.get_running_loop()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._tasks.__aexit__(kind, error, trace)

    def __len__(self) -> int:
        return len(self._running) + len(self._remembered)

    async def once(
        self, key: str, text: str, timeout_s: float, execute: Callable[[], Coroutine[Any, Any, Completed]]
    ) -> Answered:
        """The answer to `text` under `key`; `execute` is called where there is none yet and none is on its way.

        Raises KeyReused, what the execution raises, or StillRunning after `timeout_s` behind another's execution.
        """
        self._forget(self._loop.time())
        # 32 bytes instead of an input that may be large.
        fingerprint = hashlib.sha256(text.encode()).digest()
        known = self._remembered.get(key) or self._running.get(key)
        if known is None:
            return Answered(await self._wait(self._begin(key, fingerprint, execute)), replayed=False)
        if known.fingerprint != fingerprint:
            raise KeyReused
        if isinstance(known, _Remembered):
            return Answered(known.completed, replayed=True)
        try:
            async with asyncio.timeout(timeout_s):
                return Answered(await self._wait(known), replayed=True)
        except TimeoutError:
            raise StillRunning from None

    async def _wait(self, running: _Running) -> Completed:
        ended = await asyncio.shield(running.ended)
        if isinstance(ended, Completed):
            return ended
        raise ended

    def _begin(self, key: str, fingerprint: bytes, execute: Callable[[], Coroutine[Any, Any, Completed]]) -> _Running:
        while len(self) >= self._most and self._remembered:
            del self._remembered[next(iter(self._remembered))]
        if len(self) >= self._most:
            refusal = TooManyKeys(self._most)
            if self._listener is not None:
                self._listener.request_refused(refusal)
            raise refusal
        running = self._running[key] = _Running(fingerprint, self._loop.create_future())
        self._tasks.create_task(self._run(key, running, execute))
        return running

    async def _run(self, key: str, running: _Running, execute: Callable[[], Coroutine[Any, Any, Completed]]) -> None:
        try:
            completed = await execute()
        except (NotAdmitted, RequestFailed) as failure:
            running.ended.set_result(failure)
        else:
            running.ended.set_result(completed)
            self._remembered[key] = _Remembered(running.fingerprint, completed, self._loop.time() + self._ttl_s)
        finally:
            del self._running[key]
            running.ended.cancel()  # no effect unless it was this task that was cancelled

    def _forget(self, now: float) -> None:
        while self._remembered and (oldest := next(iter(self._remembered.items())))[1].forget_at <= now:
            del self._remembered[oldest[0]]
