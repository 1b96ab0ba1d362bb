"""The lane: one batch computes at a time, in a thread of its own, so that the event loop keeps answering.

A second batch waits for its turn inside the worker, which then never idles for a round trip. A caller who leaves, by
cancelling or by its deadline, gives up its turn; in the middle of its batch, what is left of it is not computed.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from system.models.classifier import Prediction, UnclassifiableTextError
from system.worker.misfortune import Misfortune
from system.worker.refusal import NobodyWaitsError

Answer: TypeAlias = Prediction | UnclassifiableTextError


class Classifies(Protocol):
    """What the lane needs of a model."""

    def classify_one(self, text: str) -> Prediction: ...


@dataclass(frozen=True, slots=True)
class Computed:
    """A batch's answers in its order, and where its time went."""

    answers: tuple[Answer, ...]
    queue_ms: float
    compute_ms: float
    """Includes the delay that MAX_DELAY drew."""


class Lane:
    """A model, its thread, and the turns taken at it."""

    def __init__(self, classifier: Classifies, misfortune: Misfortune, crash: Callable[[], None]) -> None:
        self._classifier = classifier
        self._misfortune = misfortune
        self._crash = crash
        self._turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lane")

    async def compute(self, texts: Sequence[str], deadline: float | None) -> Computed:
        """Wait for a turn and answer `texts`; raise NobodyWaitsError once `deadline` (of `loop.time()`) has passed."""
        loop = asyncio.get_running_loop()
        arrived = loop.time()
        async with self._turn:
            # gRPC cancels an expired call too, but a process that was paused may get here first.
            if deadline is not None and loop.time() >= deadline:
                raise NobodyWaitsError("the deadline passed while the batch waited for its turn")
            began = loop.time()
            answers = await self._answer(texts) if texts else ()
            ended = loop.time()
        return Computed(answers, queue_ms=(began - arrived) * 1e3, compute_ms=(ended - began) * 1e3)

    async def _answer(self, texts: Sequence[str]) -> tuple[Answer, ...]:
        mishap = self._misfortune.draw(len(texts))
        await asyncio.sleep(mishap.delay_s)
        abandoned = threading.Event()

        def in_thread() -> tuple[Answer, ...]:
            answers: list[Answer] = []
            for text in texts:
                if abandoned.is_set():
                    break
                answers.append(self._answer_one(text))
                if len(answers) == mishap.crash_after:
                    self._crash()
            return tuple(answers)

        computing = asyncio.get_running_loop().run_in_executor(self._thread, in_thread)
        try:
            return await asyncio.shield(computing)
        except asyncio.CancelledError:
            # The turn passes on when the thread has let go of the model, at most one text later.
            abandoned.set()
            await asyncio.wait([computing])
            raise

    def _answer_one(self, text: str) -> Answer:
        try:
            return self._classifier.classify_one(text)
        except UnclassifiableTextError as refused:
            return refused
