"""The service as a system under test: its nodes, the connections between them, and how a client uses it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from chaos.clients.outcomes import describe, of_error, of_status
from chaos.probes import HttpProbe
from chaos.system_under_test import Edge, Node, Reply, SystemUnderTest
from reports.history import OpType

SERVICE = str(Path(__file__).with_name("service.py"))


@dataclass(frozen=True)
class ShoutSession:
    """Turns an input into a request, and whatever comes back, or does not, into a reply."""

    http: aiohttp.ClientSession

    async def ask(self, input: str, deadline_s: float) -> Reply:
        try:
            async with self.http.post("/", json=input, timeout=aiohttp.ClientTimeout(deadline_s)) as response:
                outcome = of_status(response.status)
                if outcome is not OpType.OK:
                    return Reply(outcome, {}, f"status {response.status}: {await response.text()}")
                return Reply(outcome, {"output": await response.json()})
        except (aiohttp.ClientError, TimeoutError) as problem:
            return Reply(of_error(problem, sent=True), {}, describe(problem))


@dataclass(frozen=True)
class ShoutClient:
    """Opens sessions, and knows what the right answer would be."""

    @asynccontextmanager
    async def open(self, base_url: str) -> AsyncIterator[ShoutSession]:
        async with aiohttp.ClientSession(base_url) as http:
            yield ShoutSession(http)

    def expected(self, input: str) -> str:
        return "".join(letter.upper() if letter.isascii() else letter for letter in input)


def shout() -> SystemUnderTest:
    shouters = ("shouter1", "shouter2")
    return SystemUnderTest(
        name="shout",
        nodes=(
            Node("desk", ("{python}", SERVICE, "{port}", "{shouter1}", "{shouter2}"), readiness=HttpProbe("/ready")),
            *(
                Node(name, ("{python}", SERVICE, "{port}"), readiness=HttpProbe("/ready"), capacity=1)
                for name in shouters
            ),
        ),
        edges=(Edge("client", "desk"), *(Edge("desk", name) for name in shouters)),
        client=ShoutClient(),
        settings={"worker_timeout_s": 3.0},
    )
