"""What a running coordinator takes of its machine, by its own `/metrics`, over time."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from chaos.clusters.cluster import Cluster
from chaos.clusters.local.cluster import LocalCluster
from chaos.substrate import Launch
from chaos.system_under_test import SystemUnderTest

EVERY_S: Final = 5.0
PATIENCE_S: Final = 10.0
REST_S: Final = 20.0  # after the load: connections close, attempts that were given up end


@dataclass(frozen=True, slots=True)
class Usage:
    """At `time_s` of the event loop's clock."""

    time_s: float
    rss_bytes: float
    descriptors: int
    tasks: int

    @classmethod
    def parse(cls, time_s: float, page: str) -> Self:
        values = {
            sample.name: sample.value for family in text_string_to_metric_families(page) for sample in family.samples
        }
        return cls(
            time_s,
            values["process_resident_memory_bytes"],
            int(values["process_open_fds"]),
            int(values["brownout_event_loop_tasks"]),
        )

    def no_more_than(self, other: Usage) -> bool:
        """Of what it must give back; memory that was used once is kept."""
        return self.descriptors <= other.descriptors and self.tasks <= other.tasks


@dataclass(slots=True)
class Watch:
    """One cluster's coordinator: before any load, during it, and at rest after it."""

    samples: list[Usage] = field(default_factory=list)

    def growth(self, settled_s: float) -> float:
        """Of the memory: its share that was added between the minute after `settled_s` and the last minute."""
        began_s, ended_s = self.samples[0].time_s, self.samples[-1].time_s
        minute_s = min(60.0, (ended_s - began_s - settled_s) / 2)
        first = self._rss(began_s + settled_s, began_s + settled_s + minute_s)
        return self._rss(ended_s - minute_s, ended_s) / first - 1

    @property
    def before(self) -> Usage:
        return self.samples[0]

    @property
    def after(self) -> Usage:
        return self.samples[-1]

    @property
    def largest_rss_bytes(self) -> float:
        return max(each.rss_bytes for each in self.samples)

    def _rss(self, start_s: float, end_s: float) -> float:
        return statistics.median(each.rss_bytes for each in self.samples if start_s <= each.time_s <= end_s)


def watched(launch: Launch, watches: list[Watch]) -> Launch:
    """The same clusters; each one's watch is added to `watches`."""

    @asynccontextmanager
    async def launched(system: SystemUnderTest, logs: Path, *, seed: int) -> AsyncIterator[Cluster]:
        async with launch(system, logs, seed=seed) as cluster, _watching(cluster, watches):
            yield cluster

    return launched


@asynccontextmanager
async def _watching(cluster: Cluster, watches: list[Watch]) -> AsyncIterator[None]:
    assert isinstance(cluster, LocalCluster)
    loop, watch = asyncio.get_running_loop(), Watch()
    watches.append(watch)
    timeout = aiohttp.ClientTimeout(total=PATIENCE_S)
    async with aiohttp.ClientSession(f"http://{cluster.direct('coordinator')}", timeout=timeout) as http:

        async def sample() -> Usage:
            async with http.get("/metrics", headers={"Connection": "close"}) as response:
                usage = Usage.parse(loop.time(), await response.text())
            watch.samples.append(usage)
            return usage

        async def keep_sampling() -> None:
            while True:
                await asyncio.sleep(EVERY_S)
                await sample()

        before = await sample()
        async with asyncio.TaskGroup() as tasks:
            sampling = tasks.create_task(keep_sampling())
            yield
            sampling.cancel()
        with contextlib.suppress(TimeoutError):  # then the last sample tells how much it still holds
            async with asyncio.timeout(REST_S):
                while not (await sample()).no_more_than(before):
                    await asyncio.sleep(0.5)
