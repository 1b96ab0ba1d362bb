"""The relay service as a system under test: `front` passes requests on to `back1` and `back2`."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import aiohttp

from chaos.probes import HttpProbe
from chaos.system_under_test import Edge, Node, Reply, Supervision, SystemUnderTest
from reports.history import OpType

SERVICE: Final = Path(__file__).with_name("relay_service.py")


@dataclass(frozen=True, slots=True)
class RelaySession:
    http: aiohttp.ClientSession

    async def ask(self, input: str, deadline_s: float) -> Reply:  # noqa: A002 - the word of the protocol
        try:
            async with self.http.get(f"/{input}", timeout=aiohttp.ClientTimeout(deadline_s)) as response:
                output = await response.text()
                return Reply(OpType.OK if response.status == 200 else OpType.INFO, {"output": output})
        except (aiohttp.ClientError, TimeoutError) as problem:
            return Reply(OpType.INFO, {}, repr(problem))


@dataclass(frozen=True, slots=True)
class RelayClient:
    @asynccontextmanager
    async def open(self, base_url: str) -> AsyncIterator[RelaySession]:
        async with aiohttp.ClientSession(base_url) as http:
            yield RelaySession(http)

    def expected(self, input: str) -> str | None:  # noqa: A002 - the word of the protocol
        return f"/{input}".upper()


def node(name: str, *backends: str, capacity: float) -> Node:
    return Node(
        name,
        ("{python}", "-S", SERVICE.name, "{host}:{port}", *backends),
        readiness=HttpProbe("/ready"),
        capacity=capacity,
        directory=SERVICE.parent,
        image=os.environ.get("PYTHON_IMAGE", "python:3.12-slim-bookworm"),
    )


def back(name: str) -> Node:
    return node(name, capacity=1)


def relay() -> SystemUnderTest:
    return SystemUnderTest(
        name="relay",
        nodes=(node("front", "{back1}", "{back2}", capacity=0), back("back1"), back("back2")),
        edges=(Edge("client", "front"), Edge("front", "back1"), Edge("front", "back2")),
        client=RelayClient(),
        settings={"worker_timeout_s": 1.0},
    )


def obedient() -> SystemUnderTest:
    """The same with a `back1` that inflicts on itself what it is told to, and is started again when it dies of it."""
    obeying = replace(
        back("back1"),
        environment={"MISHAPS": "{mishaps}"},
        supervision=Supervision(70, after_s=0.1),
        inflicts=frozenset({"crash_on", "fail_rpc", "slow_model"}),
        work=HttpProbe("/work"),
    )
    return with_node(relay(), obeying)


def with_node(system: SystemUnderTest, node: Node) -> SystemUnderTest:
    """The same system with another node of that name."""
    return replace(system, nodes=tuple(node if node.name == each.name else each for each in system.nodes))
