"""What the core's events become for Prometheus, in virtual time. Real processes: tests/observability."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from reports.batches import BatchCount
from system.coordinator.core.dispatcher import Dispatcher
from system.coordinator.core.errors import NotAdmitted, RequestFailed
from system.coordinator.core.policy import Policy
from system.coordinator.core.worker import Cause
from system.coordinator.metrics.exposition import Metrics, Scrape
from tests.coordinator.scripted import ScriptedWorker
from tests.observability.scraped import Figures

pytestmark = pytest.mark.looptime


@asynccontextmanager
async def measured(count: int, **policy: float) -> AsyncIterator[tuple[Dispatcher, list[ScriptedWorker], Scrape]]:
    workers = [ScriptedWorker() for _ in range(count)]
    named = {f"worker{number}": worker for number, worker in enumerate(workers, 1)}
    chosen = Policy(**policy)  # type: ignore[arg-type]
    metrics = Metrics(chosen.batch_size)
    async with (
        Dispatcher(named, chosen, metrics.listener, random.Random(1), lambda: 0.0) as dispatcher,
        metrics.of(dispatcher) as scrape,
    ):
        await asyncio.sleep(0.001)
        yield dispatcher, workers, scrape


def read(scrape: Scrape) -> Figures:
    exposition = scrape("text/plain")
    return Figures.read(exposition.body.decode(), exposition.content_type)


async def test_openmetrics_is_spoken_to_who_asks_for_it() -> None:
    async with measured(1) as (_, _, scrape):
        exposition = scrape("application/openmetrics-text; version=1.0.0, text/plain; q=0.5")
        assert exposition.content_type.startswith("application/openmetrics-text; version=1.0.0")
        assert exposition.body.endswith(b"# EOF\n")


async def test_who_wants_a_few_samples_is_told_no_others() -> None:
    async with measured(1) as (dispatcher, _, scrape):
        await dispatcher.infer("fine")
        names = ("brownout_batch_size_sum", "brownout_batch_size_count", "no_such_thing")
        lines = scrape("text/plain", names).body.decode().splitlines()
        told = {line.partition("{")[0] for line in lines if not line.startswith("#")}
        assert told == {"brownout_batch_size_sum", "brownout_batch_size_count"}
        assert BatchCount.of_metrics("\n".join(lines), 0.0) == BatchCount(0.0, 1, 1)
        assert scrape("text/plain", ("no_such_thing",)).body == b""


async def test_whatever_is_told_can_be_asked_for_alone() -> None:
    def told(*names: str) -> set[str]:
        lines = scrape("text/plain", names).body.decode().splitlines()
        return {re.split("[{ ]", line)[0] for line in lines if not line.startswith("#")}

    async with measured(1) as (dispatcher, _, scrape):
        await dispatcher.infer("fine")
        whole = told()
        assert {"brownout_queue_length", "brownout_requests_completed_total", "brownout_batch_size_sum"} <= whole
        assert {name: told(name) for name in whole} == {name: {name} for name in whole}


async def test_a_failure_is_counted_with_its_reason() -> None:
    async with measured(1, worker_timeout=0.2) as (dispatcher, workers, scrape):
        workers[0].pause()
        leaves = asyncio.create_task(dispatcher.infer("leaves"))
        await asyncio.sleep(0.01)
        leaves.cancel()
        with pytest.raises(RequestFailed):
            await dispatcher.infer("waits")
        figure = read(scrape)
        assert figure("brownout_requests_failed_total", reason="client_gone") == 1
        assert figure("brownout_requests_failed_total", reason="deadline_passed") == 1
        assert figure("brownout_requests_failed_total") == dispatcher.ledger.failed == 2
        assert figure("brownout_request_duration_seconds_count", outcome="failed") == 2
        # One second, to the bucket.
        assert figure("brownout_request_duration_seconds_bucket", outcome="failed", le="0.75") == 1
        assert figure("brownout_request_duration_seconds_bucket", outcome="failed", le="1.0") == 2


async def test_every_way_to_end_has_a_series_before_it_happens() -> None:
    async with measured(1) as (_, _, scrape):
        figure = read(scrape)
        for metric, kind in (("failed", RequestFailed), ("refused", NotAdmitted)):
            reasons = {sample.labels["reason"] for sample in figure.families[f"brownout_requests_{metric}"].samples}
            assert len(reasons - {"client_gone"}) == len(kind.__subclasses__())
        assert figure("brownout_attempts_total", worker="worker1", outcome="cut") == 0
        assert figure("brownout_redirects_total", cause="silent") == 0


async def test_what_waits_has_a_length_and_an_age() -> None:
    async with measured(1) as (dispatcher, workers, scrape):
        assert read(scrape)("brownout_queue_oldest_age_seconds") == 0
        workers[0].crash()
        await asyncio.sleep(1.0)
        waiting = [asyncio.create_task(dispatcher.infer(text)) for text in "ab"]
        await asyncio.sleep(2.0)
        figure = read(scrape)
        assert figure("brownout_queue_length") == figure("brownout_requests_pending") == 2
        assert figure("brownout_queue_oldest_age_seconds") == pytest.approx(2.0)
        assert figure("brownout_worker_state", worker="worker1", state="down") == 1
        workers[0].restart()
        await asyncio.gather(*waiting)
        assert read(scrape)("brownout_queue_length") == 0


async def test_a_hedge_is_counted_and_so_is_that_it_won() -> None:
    async with measured(2, hedge_after=0.5, retry_budget=1.0) as (dispatcher, workers, scrape):
        for number in range(100):
            await dispatcher.infer(f"{number}")
        workers[0].service_s = 0.5
        await asyncio.gather(*(dispatcher.infer(text) for text in "ab"))
        figure = read(scrape)
        assert figure("brownout_hedges_total") == figure("brownout_hedges_won_total") == 1
        assert figure("brownout_batch_size_count", released="hedge") == 1
        assert figure("brownout_attempts_total", worker="worker1", outcome=Cause.OVERTAKEN) == 1
        assert figure("brownout_redirects_total") == 0


async def test_a_worker_that_left_loses_its_series_and_one_that_came_has_its_own() -> None:
    async with measured(2) as (dispatcher, _, scrape):
        await asyncio.gather(*(dispatcher.infer(text) for text in "ab"))
        assert workers_of(read(scrape)) == {"worker1", "worker2"}
        await dispatcher.remove_member(dispatcher.members[0])
        dispatcher.add_member("worker3", ScriptedWorker())
        assert workers_of(read(scrape)) == {"worker2", "worker3"}
        await asyncio.sleep(0.3)
        await asyncio.gather(*(dispatcher.infer(text) for text in "ab"))
        assert read(scrape)("brownout_attempts_total", worker="worker3", outcome="answered") == 1


def workers_of(figures: Figures) -> set[str]:
    return {
        sample.labels["worker"]
        for family in figures.families.values()
        for sample in family.samples
        if "worker" in sample.labels
    }


@pytest.mark.parametrize(("largest", "bounds"), [(1, [1]), (3, [1, 2, 3]), (10, [1, 2, 3, 4, 6, 8, 10])])
async def test_batch_sizes_are_told_apart_where_they_are_small(largest: int, bounds: list[int]) -> None:
    async with measured(1, batch_size=largest) as (_, _, scrape):
        samples = read(scrape).families["brownout_batch_size"].samples
        told = {sample.labels["le"] for sample in samples if "le" in sample.labels}
        assert sorted(map(float, told - {"+Inf"})) == bounds
