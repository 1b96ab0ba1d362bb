"""One batch at a time, and nothing computed for callers who left. The classifier here waits to be told."""

import asyncio
import threading
import time
from random import Random

import pytest

from system.models.classifier import Prediction, UnclassifiableTextError
from system.worker.lane import Lane
from system.worker.misfortune import Misfortune
from system.worker.refusal import NobodyWaitsError

PATIENCE_S = 10.0


class Gate:
    """A classifier that computes a text when it is let through."""

    def __init__(self) -> None:
        self.entered: list[str] = []
        self._passes = threading.Semaphore(0)

    def classify_one(self, text: str) -> Prediction:
        self.entered.append(text)
        assert self._passes.acquire(timeout=PATIENCE_S), "nobody let this text through"
        if text == "refused":
            raise UnclassifiableTextError("not this one")
        return Prediction(text.upper(), 1.0)

    def let_through(self, texts: int) -> None:
        self._passes.release(texts)

    async def has_entered(self, *texts: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while self.entered != list(texts):
            assert time.monotonic() < deadline, f"{self.entered} entered, not {list(texts)}"
            await asyncio.sleep(0.001)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def lane(gate: Gate) -> Lane:
    return Lane(gate, lucky(), crash=lambda: pytest.fail("nothing was to crash"))


def lucky() -> Misfortune:
    return Misfortune(crash_rate=0, max_delay_s=0, rng=Random(1))


async def test_a_second_batch_waits_for_the_first(gate: Gate, lane: Lane) -> None:
    async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as calls:
        first = calls.create_task(lane.compute(["a", "b"], deadline=None))
        second = calls.create_task(lane.compute(["c"], deadline=None))
        await gate.has_entered("a")
        gate.let_through(1)
        await gate.has_entered("a", "b")
        gate.let_through(2)

    assert [answer.label for answer in first.result().answers if isinstance(answer, Prediction)] == ["A", "B"]
    assert gate.entered == ["a", "b", "c"]
    assert second.result().queue_ms > first.result().queue_ms


async def test_a_caller_who_leaves_the_queue_costs_nothing(gate: Gate, lane: Lane) -> None:
    async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as calls:
        calls.create_task(lane.compute(["a"], deadline=None))
        await gate.has_entered("a")
        leaving = calls.create_task(lane.compute(["left"], deadline=None))
        calls.create_task(lane.compute(["c"], deadline=None))
        await asyncio.sleep(0)
        leaving.cancel()
        gate.let_through(2)

    assert leaving.cancelled()
    assert gate.entered == ["a", "c"]


async def test_the_rest_of_a_batch_is_not_computed_once_its_caller_left(gate: Gate, lane: Lane) -> None:
    async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as calls:
        leaving = calls.create_task(lane.compute(["a", "b", "c"], deadline=None))
        await gate.has_entered("a")
        leaving.cancel()
        following = calls.create_task(lane.compute(["d"], deadline=None))
        await asyncio.sleep(0)
        assert not leaving.done(), "the turn passed on while the thread still computed"
        gate.let_through(2)

    assert leaving.cancelled()
    assert gate.entered == ["a", "d"]
    assert following.result().answers == (Prediction("D", 1.0),)


async def test_a_batch_whose_deadline_passed_in_the_queue_is_not_computed(gate: Gate, lane: Lane) -> None:
    now = asyncio.get_running_loop().time()

    with pytest.raises(NobodyWaitsError):
        await lane.compute(["late"], deadline=now - 0.001)

    assert gate.entered == []


async def test_a_refused_text_is_an_answer_among_others(gate: Gate, lane: Lane) -> None:
    gate.let_through(3)

    computed = await lane.compute(["a", "refused", "b"], deadline=None)

    first, refused, last = computed.answers
    assert (first, last) == (Prediction("A", 1.0), Prediction("B", 1.0))
    assert isinstance(refused, UnclassifiableTextError)


async def test_a_crash_comes_in_the_middle_of_a_batch(gate: Gate) -> None:
    class Crashed(Exception):
        pass

    def crash() -> None:
        raise Crashed

    doomed = Misfortune(crash_rate=1, max_delay_s=0, rng=Random(3))
    after = Misfortune(crash_rate=1, max_delay_s=0, rng=Random(3)).draw(5).crash_after
    assert after is not None
    gate.let_through(5)

    with pytest.raises(Crashed):
        await Lane(gate, doomed, crash).compute(list("abcde"), deadline=None)

    assert len(gate.entered) == after
