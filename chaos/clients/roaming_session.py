"""A client that knows several coordinators: whichever does not tell what became of a request, the next one is asked.

    try 1 ──▶ coordinator1   the connection breaks: it may have been done, or may yet be
    try 2 ──▶ coordinator2   under the same key, within the same deadline

Still one request with one outcome. Its answer says through whom it came, and of each try before it what came of that.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from itertools import count
from typing import Any, Final, Protocol

from chaos.clients.infer_session import connected
from chaos.system_under_test import Reply
from reports.history import OpType

BETWEEN_ROUNDS_S: Final = 0.1  # once nobody could be reached, or nobody told
REFUSED: Final = 503
"""Was not executed, and another may have room for it."""


class Door(Protocol):
    """A session with one coordinator. `InferSession` is one."""

    async def ask(
        self, text: str, deadline_s: float, *, key: str | None = ..., traceparent: str | None = ...
    ) -> Reply: ...


class RoamingSession:
    """Every request begins at another door than the one before it, as a name with several addresses has it.

    Keys are the trace ids that travel with the requests, so that logs of coordinators and workers tell of whom they
    speak whoever had it in hand; they are those of one session, which has the system for itself.
    """

    def __init__(self, doors: Mapping[str, Door]) -> None:
        """`doors` are sessions by the name of the node behind each."""
        self._doors = tuple(doors.items())
        self._numbers = count(1)

    async def ask(self, text: str, deadline_s: float) -> Reply:
        number = next(self._numbers)
        trace_id = f"{number:032x}"
        clock = asyncio.get_running_loop().time
        asked = clock()
        tries: list[dict[str, Any]] = []
        while True:
            name, door = self._doors[(number + len(tries)) % len(self._doors)]
            began = clock()
            reply = await door.ask(
                text,
                max(0.0, asked + deadline_s - began),
                key=trace_id,
                traceparent=f"00-{trace_id}-{len(tries) + 1:016x}-00",
            )
            last_of_round = (len(tries) + 1) % len(self._doors) == 0
            if _told(reply, last_of_round=last_of_round) or clock() >= asked + deadline_s:
                return _whole(reply, name, trace_id, tries)
            tries.append(
                {
                    "through": name,
                    "type": reply.type.value,
                    "error": reply.error,
                    "after_s": round(began - asked, 6),
                    "took_s": round(clock() - began, 6),
                }
            )
            if last_of_round:
                await asyncio.sleep(min(BETWEEN_ROUNDS_S, max(0.0, asked + deadline_s - clock())))


def _told(reply: Reply, *, last_of_round: bool) -> bool:
    """Whether it says what became of the request. One that was refused is offered to the others, and not again."""
    status = reply.value.get("status")
    return status is not None and (status != REFUSED or last_of_round)


def _whole(reply: Reply, through: str, trace_id: str, tries: Sequence[Mapping[str, Any]]) -> Reply:
    """The last try's reply for all of them: it was certainly not done only if none of them may have done it."""
    doubtful = any(each["type"] == OpType.INFO for each in tries)
    value = {**reply.value, "through": through, "trace_id": trace_id} | ({"tries": [*tries]} if tries else {})
    return replace(reply, type=OpType.INFO if reply.type is OpType.FAIL and doubtful else reply.type, value=value)


@asynccontextmanager
async def roaming(base_urls: Mapping[str, str], timeout_s: float | None = None) -> AsyncIterator[RoamingSession]:
    """`base_urls` by the name of the node behind each; `timeout_s` as for `connected`."""
    async with AsyncExitStack() as connections:
        yield RoamingSession(
            {
                name: await connections.enter_async_context(connected(base_url, timeout_s))
                for name, base_url in base_urls.items()
            }
        )
