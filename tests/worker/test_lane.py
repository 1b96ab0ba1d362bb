"""One batch at a time, and nothing computed for callers who left. The classifier here waits to be told."""

import asyncio
import math
import threading
import time
from random import Random

import pytest

from system.models.classifier import Prediction, UnclassifiableTextError
from system.worker.batch import Batch, Item
from system.worker.lane import ItemExpiredError, Lane
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
    return Lane(gate, lucky(), crash=lambda _: pytest.fail("nothing was to crash"))


class Crashed(Exception):
    """What the process would not have survived."""


def crash(reason: str) -> None:
    raise Crashed(reason)


def lucky(crash_on: str | None = None) -> Misfortune:
    return Misfortune(crash_rate=0, max_delay_s=0, rng=Random(1), crash_on=crash_on)


def batch(*texts: str | Item, deadline: float = math.inf) -> Batch:
    items = tuple(Item(text) if isinstance(text, str) else text for text in texts)
    return Batch(tuple(f"r{index}" for index in range(len(items))), items, deadline)


async def passed(deadline: float) -> None:
    while asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(0.001)


async def test_a_second_batch_waits_for_the_first(gate: Gate, lane: Lane) -> None:
    async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as calls:
        first = calls.create_task(lane.compute(batch("a", "b")))
        second = calls.create_task(lane.compute(batch("c")))
        await gate.has_entered("a")
        gate.let_through(1)
        await gate.has_entered("a", "b")
        gate.let_through(2)

    assert [answer.label for answer in first.result().answers if isinstance(answer, Prediction)] == ["A", "B"]
    assert gate.entered == ["a", "b", "c"]
    assert second.result().queue_ms > first.result().queue_ms


async def test_a_batch_is_said_to_begin_when_its_turn_comes_and_before_a_text_is_looked_at(
    gate: Gate, lane: Lane
) -> None:
    said: list[tuple[str, list[str]]] = []

    async def begun(name: str) -> None:
        said.append((name, list(gate.entered)))
        await asyncio.sleep(0.01)
        assert said[-1] == (name, gate.entered), "a text was looked at before it was said"

    async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as calls:
        calls.create_task(lane.compute(batch("a"), lambda: begun("first")))
        await gate.has_entered("a")
        calls.create_task(lane.compute(batch("b"), lambda: begun("second")))
        await asyncio.sleep(0.02)
        assert said == [("first", [])]
        gate.let_through(2)
    assert said == [("first", []), ("second", ["a"])]


async def test_a_caller_who_leaves_the_queue_costs_nothing(gate: Gate, lane: Lane) -> None:
    async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as calls:
        calls.create_task(lane.compute(batch("a")))
        await gate.has_entered("a")
        leaving = calls.create_task(lane.compute(batch("left")))
        calls.create_task(lane.compute(batch("c")))
        await asyncio.sleep(0)
        leaving.cancel()
        gate.let_through(2)

    assert leaving.cancelled()
    assert gate.entered == ["a", "c"]


async def test_the_rest_of_a_batch_is_not_computed_once_its_caller_left(gate: Gate, lane: Lane) -> None:
    async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as calls:
        leaving = calls.create_task(lane.compute(batch("a", "b", "c")))
        await gate.has_entered("a")
        leaving.cancel()
        following = calls.create_task(lane.compute(batch("d")))
        await asyncio.sleep(0)
        assert not leaving.done(), "the turn passed on while the thread still computed"
        gate.let_through(2)

    assert leaving.cancelled()
    assert gate.entered == ["a", "d"]
    assert following.result().answers == (Prediction("D", 1.0),)


async def test_a_batch_whose_deadline_passed_in_the_queue_is_not_computed(gate: Gate, lane: Lane) -> None:
    now = asyncio.get_running_loop().time()

    with pytest.raises(NobodyWaitsError):
        await lane.compute(batch("late", deadline=now - 0.001))

    assert gate.entered == []


async def test_a_refused_text_is_an_answer_among_others(gate: Gate, lane: Lane) -> None:
    gate.let_through(3)

    computed = await lane.compute(batch("a", "refused", "b"))

    first, refused, last = computed.answers
    assert (first, last) == (Prediction("A", 1.0), Prediction("B", 1.0))
    assert isinstance(refused, UnclassifiableTextError)


async def test_an_item_whose_time_is_over_is_not_computed_and_its_batch_mates_are(gate: Gate, lane: Lane) -> None:
    now = asyncio.get_running_loop().time()
    gate.let_through(2)

    computed = await lane.compute(batch(Item("a", now + 60), Item("late", now - 0.001), "c"))

    first, late, last = computed.answers
    assert (first, last) == (Prediction("A", 1.0), Prediction("C", 1.0))
    assert str(late) == "its deadline passed before it was computed"
    assert gate.entered == ["a", "c"]
    assert computed.expired == 1


async def test_an_item_whose_time_ends_while_another_computes_is_not_computed(gate: Gate, lane: Lane) -> None:
    deadline = asyncio.get_running_loop().time() + 0.05
    async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as calls:
        call = calls.create_task(lane.compute(batch("a", Item("late", deadline), "c")))
        await gate.has_entered("a")
        await passed(deadline)
        gate.let_through(2)

    assert [type(answer) for answer in call.result().answers] == [Prediction, ItemExpiredError, Prediction]
    assert gate.entered == ["a", "c"]


async def test_an_item_whose_time_ends_while_its_batch_waits_is_not_computed(gate: Gate, lane: Lane) -> None:
    deadline = asyncio.get_running_loop().time() + 0.05
    async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as calls:
        calls.create_task(lane.compute(batch("a")))
        await gate.has_entered("a")
        waiting = calls.create_task(lane.compute(batch(Item("late", deadline), "c")))
        await passed(deadline)
        gate.let_through(2)

    assert [type(answer) for answer in waiting.result().answers] == [ItemExpiredError, Prediction]
    assert gate.entered == ["a", "c"]


async def test_a_crash_comes_in_the_middle_of_a_batch(gate: Gate) -> None:
    doomed = Misfortune(crash_rate=1, max_delay_s=0, rng=Random(3))
    after = Misfortune(crash_rate=1, max_delay_s=0, rng=Random(3)).draw(5).crash_after
    assert after is not None
    gate.let_through(5)

    with pytest.raises(Crashed, match="CRASH_RATE"):
        await Lane(gate, doomed, crash).compute(batch(*"abcde"))

    assert len(gate.entered) == after


async def test_poison_kills_when_its_turn_comes_and_not_before(gate: Gate) -> None:
    gate.let_through(3)

    with pytest.raises(Crashed, match="CRASH_ON"):
        await Lane(gate, lucky(crash_on="poison"), crash).compute(batch("a", "b", "some poison in it", "d"))

    assert gate.entered == ["a", "b"]


async def test_poison_that_nobody_waits_for_kills_nobody(gate: Gate) -> None:
    now = asyncio.get_running_loop().time()
    gate.let_through(1)

    computed = await Lane(gate, lucky(crash_on="poison"), crash).compute(batch(Item("poison", now - 0.001), "b"))

    assert computed.answers[1] == Prediction("B", 1.0)
