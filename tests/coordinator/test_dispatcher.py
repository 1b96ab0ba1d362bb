"""The core in virtual time: seconds below are exact and cost nothing."""

from __future__ import annotations

import asyncio

import pytest

from system.coordinator.core.errors import DeadlinePassed
from system.coordinator.core.member import MemberState
from system.coordinator.core.worker import Cause
from tests.coordinator.conftest import FleetMaker

pytestmark = pytest.mark.looptime


def now() -> float:
    return asyncio.get_running_loop().time()


# ── batches ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_idle_worker_gets_the_first_request_at_once(fleet: FleetMaker) -> None:
    async with fleet(1) as f:
        began = now()
        await f.answers("a")
        assert f.workers[0].asked_at == [began]


async def test_no_batch_is_larger_than_the_batch_size(fleet: FleetMaker) -> None:
    async with fleet(2, batch_size=4) as f:
        texts = [str(number) for number in range(50)]
        assert await f.answers(*texts) == texts
        sizes = [len(batch) for worker in f.workers for batch in worker.batches]
        assert max(sizes) == 4
        assert sum(sizes) == 50


async def test_all_healthy_workers_compute_at_the_same_time(fleet: FleetMaker) -> None:
    async with fleet(3, service_s=1.0, batch_size=1) as f:
        began = now()
        await f.answers("a", "b", "c")
        assert now() - began == pytest.approx(1.0)
        assert [worker.batches for worker in f.workers] == [[["a"]], [["b"]], [["c"]]]


async def test_idle_workers_take_turns(fleet: FleetMaker) -> None:
    async with fleet(3) as f:
        for text in "abcdef":
            await f.answers(text)
        assert [worker.answered for worker in f.workers] == [["a", "d"], ["b", "e"], ["c", "f"]]


async def test_a_busy_worker_holds_one_full_batch_and_no_more(fleet: FleetMaker) -> None:
    async with fleet(1, service_s=1.0, batch_size=2) as f:
        f.ask("a")
        await asyncio.sleep(0.1)
        f.ask("b", "c", "d", "e", "f")
        await asyncio.sleep(0.01)
        assert f.workers[0].batches == [["a"], ["b", "c"]]
        assert len(f.dispatcher.queue) == 3


async def test_a_batch_that_is_not_full_waits_for_the_batch_timeout_behind_a_busy_worker(fleet: FleetMaker) -> None:
    async with fleet(1, service_s=1.0, batch_size=4, batch_timeout=0.15) as f:
        f.ask("a")
        await asyncio.sleep(0.1)
        f.ask("b")
        asked = now()
        await asyncio.sleep(0.5)
        assert f.workers[0].batches == [["a"], ["b"]]
        assert f.workers[0].asked_at[1] - asked == pytest.approx(0.15)


async def test_no_worker_holds_a_batch_while_another_is_idle(fleet: FleetMaker) -> None:
    async with fleet(2, service_s=1.0, batch_size=1) as f:
        f.ask("a")
        await asyncio.sleep(0.1)
        f.ask("b")
        await asyncio.sleep(0.1)
        assert [worker.batches for worker in f.workers] == [[["a"]], [["b"]]]


# ── redirect ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_requests_of_a_crashed_worker_are_answered_by_another(fleet: FleetMaker) -> None:
    async with fleet(2, service_s=1.0) as f:
        asked = f.ask("a", "b")
        await asyncio.sleep(0.5)
        victim = next(worker for worker in f.workers if worker.batches)
        victim.crash()
        completed = [await task for task in asked]
        assert [each.answer.output for each in completed] == ["A", "B"]
        assert victim.answered == []
        assert f.books() == (2, 2, 0, 0)


async def test_a_redirected_request_counts_its_retry(fleet: FleetMaker) -> None:
    async with fleet(2, service_s=1.0) as f:
        (asked,) = f.ask("a")
        await asyncio.sleep(0.5)
        f.workers[0].crash()
        completed = await asked
        assert (completed.worker, completed.retries) == ("worker2", 1)
        assert f.dispatcher.ledger.retried == 1


async def test_a_redirected_request_goes_before_younger_ones(fleet: FleetMaker) -> None:
    async with fleet(2, service_s=1.0, batch_size=1) as f:
        f.ask("old", "other")
        await asyncio.sleep(0.1)
        f.ask("held1", "held2", "young")
        await asyncio.sleep(0.1)
        f.workers[0].crash()
        await asyncio.sleep(5)
        assert f.workers[1].answered == ["other", "held2", "old", "held1", "young"]


async def test_the_batch_held_by_a_worker_that_crashes_is_redirected_too(fleet: FleetMaker) -> None:
    async with fleet(2, service_s=1.0, batch_size=1) as f:
        asked = f.ask("a", "b", "c", "d")
        await asyncio.sleep(0.1)
        assert [len(worker.batches) for worker in f.workers] == [2, 2]
        f.workers[0].crash()
        assert [(await task).worker for task in asked] == ["worker2"] * 4


async def test_a_request_returns_to_the_worker_it_failed_on_only_when_no_other_is_there(fleet: FleetMaker) -> None:
    async with fleet(1, service_s=1.0) as f:
        (asked,) = f.ask("a")
        await asyncio.sleep(0.5)
        f.workers[0].crash()
        await asyncio.sleep(0.1)
        f.workers[0].restart()
        assert (await asked).worker == "worker1"


async def test_requests_wait_while_no_worker_is_there(fleet: FleetMaker) -> None:
    async with fleet(3, service_s=0.1) as f:
        for worker in f.workers:
            worker.crash()
        asked = f.ask(*"abcdefghijklmnop")
        await asyncio.sleep(4)
        assert f.books() == (16, 0, 0, 16)
        for worker in f.workers:
            worker.restart()
        assert [(await task).answer.output for task in asked] == list("ABCDEFGHIJKLMNOP")
        assert max(len(batch) for worker in f.workers for batch in worker.batches) <= 3


async def test_waiting_requests_are_answered_oldest_first(fleet: FleetMaker) -> None:
    async with fleet(1, service_s=0.1, batch_size=2) as f:
        f.workers[0].crash()
        asked = f.ask(*"abcdef")
        await asyncio.sleep(2)
        f.workers[0].restart()
        await asyncio.gather(*asked)
        assert f.workers[0].answered == list("abcdef")


async def test_a_request_whose_deadline_passes_fails_with_what_was_tried(fleet: FleetMaker) -> None:
    async with fleet(1, service_s=1.0, worker_timeout=2.0) as f:
        (asked,) = f.ask("a")
        await asyncio.sleep(0.5)
        f.workers[0].crash()
        with pytest.raises(DeadlinePassed) as failure:
            await asked
        assert now() == pytest.approx(10.0, abs=0.01)
        assert failure.value.to_json() == {
            "detail": "Inference request timed out",
            "request_id": f.notes.ended[0].request_id,
            "retries": 0,
            "workers_tried": ["worker1"],
        }
        assert f.books() == (1, 0, 1, 0)
        assert len(f.dispatcher.queue) == 0


# ── silence ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_requests_of_a_silent_worker_are_redirected_within_a_second(fleet: FleetMaker) -> None:
    async with fleet(2) as f:
        f.workers[0].pause()
        (asked,) = f.ask("a")
        began = now()
        completed = await asked
        assert completed.worker == "worker2"
        assert now() - began < 1.0
        assert f.state_of(0) is MemberState.SUSPECTED


async def test_a_late_answer_that_comes_first_counts_once(fleet: FleetMaker) -> None:
    async with fleet(2, batch_size=1) as f:
        f.workers[1].service_s = 100.0
        f.workers[0].pause()
        (asked,) = f.ask("a")
        await asyncio.sleep(1.5)
        assert f.workers[1].batches == [["a"]]
        f.workers[0].resume()
        assert (await asked).worker == "worker1"
        assert f.books() == (1, 1, 0, 0)


async def test_a_call_that_nobody_waits_for_any_more_is_cancelled(fleet: FleetMaker) -> None:
    async with fleet(2, batch_size=1) as f:
        f.workers[0].pause()
        (asked,) = f.ask("a")
        assert (await asked).worker == "worker2"
        f.workers[0].resume()
        await asyncio.sleep(1)
        assert f.workers[0].batches == [["a"]]
        assert f.workers[0].answered == []
        assert f.books() == (1, 1, 0, 0)
        assert [member.tasks_processed for member in f.dispatcher.members] == [0, 1]


async def test_a_worker_slower_than_the_worker_timeout_loses_its_batch_and_the_one_it_holds(fleet: FleetMaker) -> None:
    async with fleet(2, batch_size=1, worker_timeout=3.0) as f:
        f.workers[0].service_s = 1000.0
        f.workers[1].service_s = 2.9
        asked = f.ask("a", "b", "c", "d")
        await asyncio.sleep(3.5)
        assert f.state_of(0) in {MemberState.DOWN, MemberState.TRIAL}
        f.workers[1].service_s = 0.1
        f.workers[0].service_s = 0.1
        assert [(await task).answer.output for task in asked] == ["A", "B", "C", "D"]
        assert f.books() == (4, 4, 0, 0)


async def test_a_held_batch_has_its_own_worker_timeout_once_its_turn_comes(fleet: FleetMaker) -> None:
    async with fleet(1, service_s=2.0, batch_size=1, worker_timeout=3.0) as f:
        asked = f.ask("a", "b")
        assert [(await task).retries for task in asked] == [0, 0]
        assert now() == pytest.approx(4.0, abs=0.01)


# ── return ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_worker_that_returns_gets_one_trial_batch_before_full_load(fleet: FleetMaker) -> None:
    async with fleet(1, service_s=1.0, batch_size=1) as f:
        f.workers[0].crash()
        await asyncio.sleep(1)
        f.ask(*"abcdef")
        f.workers[0].restart()
        await asyncio.sleep(0.9)
        assert f.state_of(0) is MemberState.TRIAL
        assert f.workers[0].batches == [["a"]]
        await asyncio.sleep(1)
        assert f.state_of(0) is MemberState.UP
        assert f.workers[0].batches == [["a"], ["b"], ["c"]]


async def test_a_worker_that_fails_fast_does_not_attract_the_traffic(fleet: FleetMaker) -> None:
    async with fleet(2, service_s=0.01) as f:
        f.workers[0].refuses = Cause.REFUSED
        for _ in range(300):
            await f.answers("a", "b")
        # The healthy worker's 300 batches take 3 s and more; the refusing one is tried at most about once a second.
        assert len(f.workers[0].batches) <= 3 + now()
        assert f.books() == (600, 600, 0, 0)


async def test_every_change_of_opinion_is_told(fleet: FleetMaker) -> None:
    async with fleet(1) as f:
        f.workers[0].crash()
        await asyncio.sleep(1)
        f.workers[0].restart()
        await asyncio.sleep(1)
        await f.answers("a")
        assert f.notes.moves == [
            ("worker1", "up", "down"),
            ("worker1", "down", "trial"),
            ("worker1", "trial", "up"),
        ]


async def test_a_batch_is_no_larger_than_a_worker_takes(fleet: FleetMaker) -> None:
    async with fleet(1, service_s=0.1, batch_size=8) as f:
        f.ask("first")
        await asyncio.sleep(0.05)
        large = f.ask(*(letter * 3 * 1024 * 1024 for letter in "abcde"))
        await asyncio.gather(*large)
        assert [[text[0] for text in batch] for batch in f.workers[0].batches] == [["f"], ["a", "b"], ["c", "d"], ["e"]]
