"""What a fault does to the bundled system, told in classes that are the same wherever the cluster runs.

Requests are under way when the fault begins, and others are asked while it lasts; then it is healed.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
import orjson

from chaos.bundled import bundled
from chaos.clusters.cluster import Cluster
from chaos.faults.aim import Aimed
from chaos.faults.fail_rpc import FailRpc
from chaos.faults.fault import Injection
from chaos.faults.terminate import Terminate
from chaos.system_under_test import Reply, Session
from reports.history import OpType

# Batches take 0.3 s on average, so that both workers have one in their hands, and hold the next, at any moment.
SLOW: Final = bundled(workers=2, worker={"MAX_DELAY": "0.6", "SEED": "5"})
TEXT: Final = "a warm and funny film"
UNDER_WAY: Final = 10
ASKED: Final = 6
BEGUN_S: Final = 0.2
WINDOW_S: Final = 1.0
PATIENCE_S: Final = 5.0  # of a client; a fault in which nothing breaks lasts until it is over
BACK_S: Final = 20.0

Lines = Callable[[str], Iterable[Mapping[str, Any]]]
"""What a node has logged so far, by its name."""


def file_lines(logs: Path) -> Lines:
    def lines(node: str) -> Iterable[Mapping[str, Any]]:
        for line in (logs / f"{node}.log").read_bytes().splitlines():
            if line.startswith(b"{"):
                yield orjson.loads(line)

    return lines


@dataclass(frozen=True, slots=True)
class Seen:
    """`attempts` are the causes of attempts that failed at the target, `opinions` what the coordinator gave as its
    reasons against it; `under_way` and `asked` what clients met whose requests were out, or came later.

    `arrived` is whether those who came later reached the coordinator's books.
    """

    attempts: frozenset[str]
    opinions: frozenset[str]
    under_way: frozenset[str]
    asked: frozenset[str]
    arrived: bool
    bit: bool
    healed: bool


async def seen(cluster: Cluster, lines: Lines, aimed: Aimed) -> Seen:
    (told_at,) = cluster.system.pages
    async with cluster.connect() as session, cluster.observe(told_at) as page:

        async def books() -> Mapping[str, Any]:
            try:
                async with asyncio.timeout(1):
                    _, body = await page.read()
            except (aiohttp.ClientError, OSError):  # a timeout too
                return {}
            told: Mapping[str, Any] = orjson.loads(body)
            return told

        # Who was left out for what the fault before did is given nothing, and shows nothing.
        until = asyncio.get_running_loop().time() + BACK_S
        while not (told := await books()) or any(worker["state"] != "up" for worker in told["workers"]):
            assert asyncio.get_running_loop().time() < until
            await _served(session)
        logged = {node: len(list(lines(node))) for node in cluster.nodes}
        wanted = told["tasks_submitted"] + UNDER_WAY
        under_way = _ask(session, UNDER_WAY)
        await asyncio.sleep(BEGUN_S)
        # Not looked up once it is broken: a coordinator that is told to end may have ended before it is asked for more.
        while (before := (await books()).get("tasks_submitted", 0)) < wanted:
            assert asyncio.get_running_loop().time() < until, f"{before} requests are in the books, {wanted} were asked"
            await asyncio.sleep(0.02)
        injection = aimed.fault.on(cluster, aimed.target)
        await injection.inject()
        asked = _ask(session, ASKED)
        more: list[asyncio.Task[Reply]] = []
        # Calls fail that come: all that was asked by now may go to the others.
        again = 1 if aimed.fault.kind == FailRpc.kind else 0
        bit = await _bites(injection, lambda: more.extend(_ask(session, again)))
        if aimed.fault.kind == Terminate.kind:
            asked += _ask(session, 1)  # a container is told late: by now it was
        old, new = await asyncio.gather(*under_way), await asyncio.gather(*asked)
        await asyncio.gather(*more)  # who waited behind all of those may have waited too long
        arrived = (await books()).get("tasks_submitted", 0) > before
        await injection.heal()
        healed = await _served(session)
    coordinator = list(lines("coordinator"))[logged["coordinator"] :]
    target = aimed.target.rpartition("→")[2]
    return Seen(
        frozenset(
            str(attempt["cause"])
            for line in coordinator
            if line.get("event") == "request"
            for attempt in line["attempts"]
            if attempt["cause"] and attempt["worker"] == target
        ),
        frozenset(
            str(line["reason"]).partition(":")[0]
            for line in coordinator
            if line.get("event") == "membership" and line["worker"] == target and line["state"] in ("down", "suspected")
        ),
        frozenset(map(_class, old)),
        frozenset(map(_class, new)),
        arrived,
        bit,
        healed,
    )


def _ask(session: Session, count: int) -> list[asyncio.Task[Reply]]:
    return [asyncio.create_task(session.ask(TEXT, PATIENCE_S)) for _ in range(count)]


async def _bites(injection: Injection, ask_more: Callable[[], None]) -> bool:
    """Looked at again and again, as the nemesis does: the first look may come before a call that fails of it."""
    until = asyncio.get_running_loop().time() + PATIENCE_S
    while not (bit := (await injection.evidence(WINDOW_S)).bit) and asyncio.get_running_loop().time() < until:
        ask_more()
        await asyncio.sleep(0.2)
    return bit


async def _served(session: Session) -> bool:
    """Whether it answers everybody again, and soon."""
    until = asyncio.get_running_loop().time() + BACK_S
    while asyncio.get_running_loop().time() < until:
        replies = await asyncio.gather(*(session.ask(TEXT, 5) for _ in range(4)))
        if all(reply.type is OpType.OK for reply in replies):
            return True
        await asyncio.sleep(0.1)
    return False


def _class(reply: Reply) -> str:
    """Its outcome and, where a reply came at all, its status."""
    status = reply.value.get("status")
    if status is not None:
        return f"{reply.type} {status}"
    silent = (reply.error or "").startswith("no answer within")
    return f"{reply.type} {'silence' if silent else 'no reply'}"
