"""What was read of one system after some traffic, a worker killed with a request in its hands, and a refusal."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
import orjson
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from tests.coordinator.redirecting import across_a_kill
from tests.coordinator.running import PATIENCE_S, RunningSystem, running_system

TRACE: Final = "0af7651916cd43dd8448eb211c80319c"
ANSWERED: Final = 20


@dataclass(frozen=True)
class Figures:
    """One scrape of one process, by the name of the family."""

    families: Mapping[str, Metric]
    content_type: str

    @classmethod
    def read(cls, text: str, content_type: str) -> Figures:
        return cls({family.name: family for family in text_string_to_metric_families(text)}, content_type)

    def __call__(self, name: str, **labels: str) -> float:
        """The sum over every series of this name with these labels."""
        values = [
            sample.value
            for family in self.families.values()
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
        assert values, f"no series {name} with {labels}"
        return sum(values)


@dataclass(frozen=True)
class Scraped:
    coordinator: Figures
    worker: Figures
    status: dict[str, Any]
    coordinator_lines: list[dict[str, Any]]
    worker_lines: list[dict[str, Any]]


async def scrape(url: str, accept: str = "text/plain") -> Figures:
    async with aiohttp.ClientSession() as http, http.get(url, headers={"Accept": accept}) as response:
        assert response.status == 200
        return Figures.read(await response.text(), response.headers["Content-Type"])


async def system_with_a_past(logs: Path) -> Scraped:
    async with running_system(
        logs, workers=2, worker_settings={"METRICS_PORT": "0"}, HEARTBEAT_TIMEOUT="10", QUEUE_BYTES="1024"
    ) as system:
        await asyncio.gather(*(ask(system, number) for number in range(ANSWERED)))
        await across_a_kill(system, lambda number: ask(system, number))
        status, _ = await system.infer("x" * 2000)
        assert status == 503, "more bytes than may wait"
        async with asyncio.timeout(PATIENCE_S):
            while (now := await system.status())["workers"][0]["state"] != "down":
                await asyncio.sleep(0.01)
        lines = read(logs / "worker2.log")
        (metrics,) = [line for line in lines if line["event"] == "metrics"]
        async with asyncio.timeout(PATIENCE_S):
            # The loop's lag is measured a few times a second.
            while not (coordinator := await scrape(f"{system.url}/metrics"))("brownout_event_loop_lag_seconds_count"):
                await asyncio.sleep(0.05)
        return Scraped(
            coordinator=coordinator,
            worker=await scrape(f"http://127.0.0.1:{metrics['port']}/metrics"),
            status=now,
            coordinator_lines=read(logs / "coordinator.log"),
            worker_lines=lines,
        )


async def ask(system: RunningSystem, number: int) -> dict[str, Any]:
    """One request; every other one is part of a trace."""
    headers = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"} if number % 2 else {}
    status, answer = await system.post(orjson.dumps({"input": f"film {number}"}), headers=headers)
    assert status == 200, answer
    return answer


def read(log: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in log.read_bytes().splitlines()]
