"""Sends a workload: every request when it is due, whatever became of the ones before; or, of a closed one, as soon as
one before it was answered.

Each outstanding request occupies a client, which is a process number in the history. A client whose request is unknown
is retired, as in Jepsen: its request may still be executed, so it must not be seen to ask for something else meanwhile.

When the load is cancelled, requests that are out stay without a completion in the history. Writing `info` for them
would say that somebody waited and gave up; here nobody waited, and readers take both for unknown anyway.
"""

import asyncio
import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from chaos.inputs import Input
from chaos.problems import HarnessProblem
from chaos.recorder import Recorder
from chaos.system_under_test import Client, Reply, Session
from chaos.workload import Arrival
from reports.history import Op, OpType

F: Final = "infer"
# 1,000 requests/s unanswered for 10 s; beyond that the harness itself would be what fails.
MOST_OUTSTANDING: Final = 10_000


class LoadProblem(HarnessProblem):
    """The load could not be sent as the workload wants it."""


@dataclass(slots=True)
class Progress:
    """Running totals, for whoever watches."""

    offered: int = 0
    answered: int = 0
    by_type: dict[OpType, int] = field(default_factory=dict)

    @property
    def outstanding(self) -> int:
        return self.offered - self.answered

    def count(self, outcome: OpType) -> None:
        self.answered += 1
        self.by_type[outcome] = self.by_type.get(outcome, 0) + 1


class Load:
    """One workload on its way into one system."""

    def __init__(self, client: Client, session: Session, recorder: Recorder, *, deadline_s: float) -> None:
        """`deadline_s` is how long each request is waited for before it counts as unknown."""
        self.progress: Final = Progress()
        self.sent = asyncio.Event()
        self._client = client
        self._session = session
        self._recorder = recorder
        self._deadline_s = deadline_s
        self._free: list[int] = []
        self._clients = 0

    async def run(self, requests: Iterable[Arrival]) -> None:
        """Send all and wait for their answers, each bounded by the deadline; `sent` is set when the last one is out."""
        loop = asyncio.get_running_loop()
        began, began_s = loop.time(), self._recorder.now_s
        async with asyncio.TaskGroup() as outstanding:
            for arrival in requests:
                # At least one turn of the loop each, so that a late load still lets answers in.
                await asyncio.sleep(max(0.0, began + arrival.due_s - loop.time()))
                if self.progress.outstanding >= MOST_OUTSTANDING:
                    raise LoadProblem(f"{MOST_OUTSTANDING} requests are unanswered; no more can be sent on time")
                # Recorded here and not in the task, so that the order of asking is the order of arrival.
                outstanding.create_task(
                    self._ask(self._invoke(arrival.input, began_s + arrival.due_s), arrival.input.text)
                )
            self.sent.set()

    async def run_closed(self, requests: Iterable[Arrival], *, clients: int, seconds: float) -> None:
        """Send so many at a time, each as soon as one is answered; their times are for the system to set."""
        loop = asyncio.get_running_loop()
        began, inputs = loop.time(), (arrival.input for arrival in requests)

        async def keep_asking() -> None:
            while loop.time() - began < seconds:
                asked = next(inputs)
                await self._ask(self._invoke(asked), asked.text)

        async with asyncio.TaskGroup() as asking:
            for _ in range(clients):
                asking.create_task(keep_asking())
            await asyncio.sleep(seconds)
            self.sent.set()

    def _invoke(self, asked: Input, due_s: float | None = None) -> Op:
        value: dict[str, Any] = {"input": asked.text}
        if due_s is not None:
            value["due_s"] = round(due_s, 6)
        expected = self._client.expected(asked.text)
        if expected is None:
            expected = asked.expected
        if expected is not None:
            value["expected"] = expected
        if asked.refused is not None:
            value["refused"] = asked.refused
        self.progress.offered += 1
        return self._recorder.record(self._take(), OpType.INVOKE, F, value)

    async def _ask(self, asked: Op, text: str) -> None:
        client = int(asked.process)
        reply = await self._reply(text)
        self._recorder.record(client, reply.type, F, reply.value, reply.error)
        self.progress.count(reply.type)
        if reply.type is not OpType.INFO:
            heapq.heappush(self._free, client)

    async def _reply(self, text: str) -> Reply:
        """Of the session, or unknown at the deadline: a client that forgets about it does not hold up the run."""
        try:
            # The session's own deadline, which says more, goes first.
            async with asyncio.timeout(self._deadline_s + 1.0):
                return await self._session.ask(text, self._deadline_s)
        except TimeoutError:
            return Reply(OpType.INFO, {}, f"no answer within {self._deadline_s:g} s")

    def _take(self) -> int:
        """The lowest free client: numbers stay small, and a page that draws one row per client stays readable."""
        if self._free:
            return heapq.heappop(self._free)
        self._clients += 1
        return self._clients - 1
