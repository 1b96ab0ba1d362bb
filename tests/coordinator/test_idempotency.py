"""One execution for each key, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from system.coordinator.core.errors import Overloaded
from system.coordinator.core.idempotency import Answered, Idempotency, KeyReused, StillRunning, TooManyKeys
from system.coordinator.core.request import Completed
from system.coordinator.core.worker import Answer

pytestmark = pytest.mark.looptime


class Executions:
    """Counts what is executed; each takes `seconds`, and the first `refused` of them are not admitted."""

    def __init__(self, seconds: float = 1.0, refused: int = 0) -> None:
        self.seconds = seconds
        self.refused = refused
        self.begun = 0
        self.ended = 0

    async def __call__(self) -> Completed:
        self.begun += 1
        number = self.begun
        await asyncio.sleep(self.seconds)
        if number <= self.refused:
            raise Overloaded(1.0, 1)
        self.ended += 1
        return Completed(f"id{number}", Answer("POSITIVE", 1.0), "worker1", 0)


def asks(
    keys: Idempotency, execute: Callable[[], Coroutine[Any, Any, Completed]], key: str = "k", text: str = "a"
) -> asyncio.Task[Answered]:
    return asyncio.create_task(keys.once(key, text, 15.0, execute))


async def test_a_key_is_executed_once_and_answered_the_same_ever_after() -> None:
    execute = Executions()
    async with Idempotency(10, 600) as keys:
        first = await asks(keys, execute)
        again = await asks(keys, execute)
    assert (first.replayed, again.replayed) == (False, True)
    assert first.completed is again.completed
    assert execute.begun == 1


async def test_who_asks_while_the_first_is_on_its_way_shares_its_answer() -> None:
    execute = Executions()
    async with Idempotency(10, 600) as keys:
        tasks = [asks(keys, execute) for _ in range(5)]
        answers = await asyncio.gather(*tasks)
    assert [answer.replayed for answer in answers] == [False, True, True, True, True]
    assert {answer.completed.request_id for answer in answers} == {"id1"}


async def test_a_key_stands_for_one_text_only_also_while_it_is_on_its_way() -> None:
    execute = Executions()
    async with Idempotency(10, 600) as keys:
        first = asks(keys, execute, text="a")
        await asyncio.sleep(0.5)
        with pytest.raises(KeyReused):
            await asks(keys, execute, text="b")
        await first
        with pytest.raises(KeyReused):
            await asks(keys, execute, text="b")
        assert not (await asks(keys, execute, key="other", text="b")).replayed


async def test_a_failure_is_told_to_all_who_wait_and_may_be_tried_again() -> None:
    execute = Executions(refused=1)
    async with Idempotency(10, 600) as keys:
        told = await asyncio.gather(asks(keys, execute), asks(keys, execute), return_exceptions=True)
        assert [type(each) for each in told] == [Overloaded, Overloaded]
        assert (await asks(keys, execute)).completed.request_id == "id2"


async def test_a_failure_that_nobody_waits_for_any_more_is_no_error() -> None:
    async with Idempotency(10, 600) as keys:
        gone = asks(keys, Executions(refused=1))
        await asyncio.sleep(0.5)
        gone.cancel()
        await asyncio.sleep(1.0)
        assert len(keys) == 0


async def test_an_execution_runs_on_when_its_client_goes_away() -> None:
    execute = Executions()
    async with Idempotency(10, 600) as keys:
        gone = asks(keys, execute)
        await asyncio.sleep(0.5)
        gone.cancel()
        back = await asks(keys, execute)
    assert (execute.begun, execute.ended, back.replayed) == (1, 1, True)


async def test_leaving_waits_for_what_runs() -> None:
    execute = Executions()
    async with Idempotency(10, 600) as keys:
        asks(keys, execute).cancel()
        gone = asks(keys, execute)
        await asyncio.sleep(0.1)
        gone.cancel()
    assert execute.ended == 1


async def test_who_joins_is_not_kept_longer_than_it_will_wait() -> None:
    execute = Executions(seconds=5.0)
    async with Idempotency(10, 600) as keys:
        first = asks(keys, execute)
        await asyncio.sleep(0)
        began = asyncio.get_running_loop().time()
        with pytest.raises(StillRunning):
            await keys.once("k", "a", 2.0, execute)
        assert asyncio.get_running_loop().time() - began == pytest.approx(2.0)
        assert not (await first).replayed


async def test_an_answer_is_forgotten_after_a_while() -> None:
    execute = Executions()
    async with Idempotency(10, 600) as keys:
        await asks(keys, execute)
        await asyncio.sleep(599)
        assert (await asks(keys, execute)).replayed
        await asyncio.sleep(2)
        assert not (await asks(keys, execute)).replayed


async def test_the_oldest_answers_make_room_and_what_runs_never_does() -> None:
    quick, slow = Executions(0.1), Executions(100.0)
    async with Idempotency(2, 600) as keys:
        running = asks(keys, slow, "running")
        for key in ("first", "second"):
            await asks(keys, quick, key)
        assert (await asks(keys, quick, "second")).replayed
        assert not (await asks(keys, quick, "first")).replayed  # and "second" went for it
        also_running = asks(keys, slow, "also running")
        await asyncio.sleep(1)
        with pytest.raises(TooManyKeys) as refusal:
            await asks(keys, quick, "one too many")
        assert refusal.value.status == 503
        assert len(keys) == 2
        await asyncio.gather(running, also_running)
    assert slow.begun == 2
