"""The lane: one batch computes at a time, in a thread of its own, so that the event loop keeps answering.

A second batch waits for its turn inside the worker, which then never idles for a round trip. A caller who leaves, by
cancelling or by its deadline, gives up its turn; in the middle of its batch, what is left of it is not computed, nor is
an item whose own deadline has passed.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from system.models.classifier import Prediction, UnclassifiableTextError
from system.worker.batch import Batch, Item
from system.worker.misfortune import Misfortune
from system.worker.refusal import NobodyWaitsError


class ItemExpiredError(Exception):
    """Nobody wants this item's answer any more; its batch mates are not concerned."""

    def __init__(self) -> None:
        super().__init__("its deadline passed before it was computed")


Answer: TypeAlias = Prediction | UnclassifiableTextError | ItemExpiredError


class Classifies(Protocol):
    """What the lane needs of a model."""

    def classify_one(self, text: str) -> Prediction: ...


@dataclass(frozen=True, slots=True)
class Computed:
    """A batch's answers in its order, and where its time went."""

    answers: tuple[Answer, ...]
    queue_ms: float
    compute_ms: float
    """Includes the delay that MAX_DELAY drew, and that of MISHAPS_FILE."""

    @property
    def expired(self) -> int:
        return sum(isinstance(answer, ItemExpiredError) for answer in self.answers)


class Lane:
    """A model, its thread, and the turns taken at it. `crash` ends the process, for the reason it is given."""

    def __init__(self, classifier: Classifies, misfortune: Misfortune, crash: Callable[[str], None]) -> None:
        self._classifier = classifier
        self._misfortune = misfortune
        self._crash = crash
        self._turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lane")

    async def compute(self, batch: Batch, begun: Callable[[], Awaitable[None]] | None = None) -> Computed:
        """Wait for a turn and answer the batch; raise NobodyWaitsError if its deadline passed meanwhile.

        `begun` is told that the turn has come, and has said so to whom it may concern before a text is looked at.
        """
        loop = asyncio.get_running_loop()
        arrived = loop.time()
        async with self._turn:
            # gRPC cancels an expired call too, but a process that was paused may get here first.
            if loop.time() >= batch.deadline:
                raise NobodyWaitsError("the deadline passed while the batch waited for its turn")
            began = loop.time()
            if begun is not None:
                await begun()
            if slowness_s := self._misfortune.slowness_s:
                await asyncio.sleep(slowness_s)
            answers = await self._answer(batch.items) if batch.items else ()
            ended = loop.time()
        return Computed(answers, queue_ms=(began - arrived) * 1e3, compute_ms=(ended - began) * 1e3)

    async def _answer(self, items: tuple[Item, ...]) -> tuple[Answer, ...]:
        loop = asyncio.get_running_loop()
        mishap = self._misfortune.draw(len(items))
        await asyncio.sleep(mishap.delay_s)
        abandoned = threading.Event()

        def in_thread() -> tuple[Answer, ...]:
            answers: list[Answer] = []
            for item in items:
                if abandoned.is_set():
                    break
                answers.append(ItemExpiredError() if loop.time() >= item.deadline else self._answer_one(item.text))
                if len(answers) == mishap.crash_after:
                    self._crash("CRASH_RATE")
            return tuple(answers)

        computing = loop.run_in_executor(self._thread, in_thread)
        try:
            return await asyncio.shield(computing)
        except asyncio.CancelledError:
            # The turn passes on when the thread has let go of the model, at most one text later.
            abandoned.set()
            await asyncio.wait([computing])
            raise

    def _answer_one(self, text: str) -> Prediction | UnclassifiableTextError:
        if reason := self._misfortune.killed_by(text):
            self._crash(reason)
        try:
            return self._classifier.classify_one(text)
        except UnclassifiableTextError as refused:
            return refused
