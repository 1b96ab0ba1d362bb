"""Attempts: each with its cause, bounded for one request, and a share of the traffic for all. Virtual time."""

from __future__ import annotations

import asyncio

import pytest

from system.coordinator.core.budget import FLOOR_PER_S, Budget
from system.coordinator.core.causes import RULES
from system.coordinator.core.errors import AttemptsExhausted
from system.coordinator.core.worker import Cause
from tests.coordinator.conftest import FleetMaker

pytestmark = pytest.mark.looptime


def test_every_cause_has_its_rule() -> None:
    assert set(RULES) == set(Cause)


async def test_every_attempt_is_on_the_record_with_its_worker_its_times_and_the_cause_of_its_end(
    fleet: FleetMaker,
) -> None:
    async with fleet(2, service_s=0.1) as f:
        (asked,) = f.ask("a")
        await asyncio.sleep(0.05)
        f.workers[0].crash()
        assert (await asked).retries == 1
        first, second = f.notes.attempts
        assert (first.worker, first.cause) == ("worker1", Cause.CUT)
        assert (second.worker, second.cause) == ("worker2", None)
        assert first.ended_at is not None
        assert second.ended_at is not None
        assert first.ended_at - first.started_at == pytest.approx(0.05)
        assert second.started_at >= first.ended_at
        assert second.ended_at - second.started_at == pytest.approx(0.1)


async def test_a_request_is_given_up_after_max_attempts(fleet: FleetMaker) -> None:
    async with fleet(3, max_attempts=4, eject_error_rate=0) as f:
        for worker in f.workers:
            worker.refuses = Cause.REFUSED
        (asked,) = f.ask("a")
        with pytest.raises(AttemptsExhausted, match="4 failed attempts") as failure:
            await asked
        assert failure.value.status == 502
        assert len(failure.value.to_json()["workers_tried"]) == 4
        assert f.books() == (1, 0, 1, 0)


@pytest.mark.parametrize("cause", [Cause.NOT_SENT, Cause.NOT_SERVING])
async def test_what_was_certainly_not_executed_costs_no_attempt(fleet: FleetMaker, cause: Cause) -> None:
    async with fleet(1, max_attempts=1, retry_budget=0) as f:
        f.workers[0].refuses = cause
        (asked,) = f.ask("a")
        await asyncio.sleep(5)
        f.workers[0].refuses = None
        assert (await asked).retries > 1


async def test_a_storm_of_retries_is_held_to_the_budget_and_loses_nothing(fleet: FleetMaker) -> None:
    """Every third batch fails, whoever gets it: without a budget there would be half as many attempts again."""
    async with fleet(3, service_s=0.001, max_attempts=100, eject_error_rate=0) as f:
        for worker in f.workers:
            worker.refuses_share = 0.34
        for step in range(1000):
            f.ask(f"{step}")
            await asyncio.sleep(0.01)
        seconds = 10.0
        allowed = 100 + 0.2 * 1000 + FLOOR_PER_S * seconds
        assert 100 < f.dispatcher.ledger.retried <= allowed
        for worker in f.workers:
            worker.refuses_share = 0
        await asyncio.gather(*f.asked)
        assert f.books() == (1000, 1000, 0, 0)


async def test_a_retry_that_finds_the_budget_empty_waits_for_it(fleet: FleetMaker) -> None:
    async with fleet(2, batch_size=1, retry_budget=0, max_attempts=1000, eject_error_rate=0) as f:
        f.workers[0].refuses = f.workers[1].refuses = Cause.REFUSED
        (asked,) = f.ask("a")
        await asyncio.sleep(10)
        f.workers[0].refuses = f.workers[1].refuses = None
        # 100 saved, and ten a second; far fewer than workers that fail at once could be asked.
        assert (await asked).retries <= 100 + 10 * FLOOR_PER_S + 1


def test_the_budget_is_a_share_of_the_traffic_and_a_floor() -> None:
    budget = Budget(0.5, now=0.0)
    assert budget.spend(0.0, 100)
    assert not budget.spend(0.0)
    budget.earn()
    budget.earn()
    assert budget.spend(0.0)
    assert not budget.spend(0.0)
    assert budget.wait_s == pytest.approx(1 / FLOOR_PER_S)
    assert budget.spend(1 / FLOOR_PER_S + 1e-9)
    assert not budget.spend(1 / FLOOR_PER_S + 1e-9)


def test_the_budget_saves_no_more_than_its_savings() -> None:
    budget = Budget(1.0, now=0.0)
    budget.save_up_to(150)
    for _ in range(1000):
        budget.earn()
    assert budget.spend(1000.0, 150)
    assert not budget.spend(1000.0)


async def test_a_batch_that_was_refused_as_a_whole_is_tried_text_by_text(fleet: FleetMaker) -> None:
    """One malformed text must not cost its batch mates their answers, nor the worker its standing."""
    async with fleet(2, service_s=0.1, batch_size=3) as f:
        for worker in f.workers:
            worker.refused_batches_with = "bad"
        asked = f.ask("bad", "a", "b", "c", "d", "e")
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        assert isinstance(outcomes[0], AttemptsExhausted)
        assert not any(isinstance(outcome, BaseException) for outcome in outcomes[1:])
