"""Which spans the core's events become, in virtual time. The real SDK: tests/tracing."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from starlette.types import Message, Receive, Scope, Send

from system.coordinator.core.dispatcher import Dispatcher
from system.coordinator.core.errors import RequestFailed
from system.coordinator.core.flight import Flight, Release
from system.coordinator.core.policy import Policy
from system.coordinator.core.request import Request
from system.coordinator.core.worker import Answer, Cause, Item, ItemRefused
from system.coordinator.traced_app import TracedApp
from system.coordinator.traces import TraceListener
from system.tracing.span import Attributes, Kind
from tests.coordinator.scripted import ScriptedWorker

pytestmark = pytest.mark.looptime

CLIENT = f"00-{'a' * 32}-{'b' * 16}-01"


@dataclass
class NotedSpan:
    name: str
    parent: str | None
    traceparent: str
    began: float
    attributes: dict[str, object]
    ended: float | None = None
    failure: str | None = None

    def note(self, attributes: Attributes) -> None:
        self.attributes |= attributes

    def end(self, at: float, failure: str | None = None) -> None:
        assert self.ended is None, "ended twice"
        self.ended, self.failure = at, failure


@dataclass
class NotingTracer:
    """Keeps what it is told."""

    spans: list[NotedSpan] = field(default_factory=list)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def start(self, name: str, kind: Kind, parent: str | None, at: float, attributes: Attributes) -> NotedSpan:  # noqa: ARG002
        span = NotedSpan(name, parent, f"00-{'a' * 32}-{next(self._ids):016x}-01", at, dict(attributes))
        self.spans.append(span)
        return span

    def close(self) -> bool:
        return True

    def named(self, name: str) -> list[NotedSpan]:
        return [span for span in self.spans if span.name == name]


class ToldWorker(ScriptedWorker):
    """Remembers the trace contexts that it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str | None] = []

    async def infer(self, items: Sequence[Item], timeout_s: float) -> Sequence[Answer | ItemRefused]:
        self.told += [item.traceparent for item in items]
        return await super().infer(items, timeout_s)


@dataclass
class Traced:
    dispatcher: Dispatcher
    workers: list[ToldWorker]
    tracer: NotingTracer
    listener: TraceListener


@asynccontextmanager
async def traced(count: int, **policy: float) -> AsyncIterator[Traced]:
    """Afterwards every span has ended and nothing is kept of any request."""
    workers = [ToldWorker() for _ in range(count)]
    named = {f"worker{number}": worker for number, worker in enumerate(workers, 1)}
    tracer = NotingTracer()
    wall_clock = asyncio.get_running_loop().time
    listener = TraceListener(tracer, wall_clock)
    async with Dispatcher(named, Policy(**policy), listener, random.Random(1), wall_clock) as dispatcher:  # type: ignore[arg-type]
        await asyncio.sleep(0.001)
        yield Traced(dispatcher, workers, tracer, listener)
    assert all(span.ended is not None and span.ended >= span.began for span in tracer.spans)
    assert not listener.open


async def test_the_worker_is_told_of_the_attempt_and_not_of_the_client() -> None:
    async with traced(1) as t:
        await t.dispatcher.infer("a", traceparent=CLIENT)
        (attempt,) = t.tracer.named("attempt")
        assert attempt.parent == CLIENT
        assert t.workers[0].told == [attempt.traceparent]


UNSAMPLED = CLIENT.removesuffix("01") + "00"


@pytest.mark.parametrize("context", [None, UNSAMPLED])
async def test_who_has_no_trace_or_one_that_is_not_recorded_gets_no_span(context: str | None) -> None:
    async with traced(1, worker_timeout=0.2) as t:
        await t.dispatcher.infer("a", traceparent=context)
        t.workers[0].pause()
        with pytest.raises(RequestFailed):
            await t.dispatcher.infer("b", traceparent=context)
        assert t.tracer.spans == []
        assert t.workers[0].told[0] == context


async def test_each_attempt_is_told_to_its_own_worker_and_all_have_the_same_parent() -> None:
    async with traced(2) as t:
        t.workers[0].refuses = t.workers[1].refuses = Cause.CUT
        asked = asyncio.create_task(t.dispatcher.infer("a", traceparent=CLIENT))
        while len(t.workers[0].told) + len(t.workers[1].told) < 2:
            await asyncio.sleep(0.01)
        t.workers[0].refuses = t.workers[1].refuses = None
        await asked
        *failed, answered = t.tracer.named("attempt")
        assert len(failed) >= 2
        assert {span.parent for span in t.tracer.spans} == {CLIENT}
        assert {span.failure for span in failed} == {"cut"}
        assert (answered.failure, answered.attributes["brownout.outcome"]) == (None, "answered")
        told = [*t.workers[0].told, *t.workers[1].told]
        assert sorted(filter(None, told)) == sorted(span.traceparent for span in t.tracer.named("attempt"))


async def test_the_time_in_nobodys_hands_is_a_span_until_the_end_if_need_be() -> None:
    async with traced(1, worker_timeout=0.2) as t:
        t.workers[0].crash()
        await asyncio.sleep(0.5)
        with pytest.raises(RequestFailed):
            await t.dispatcher.infer("a", traceparent=CLIENT)
        (queue,) = t.tracer.named("queue")
        assert queue.ended is not None
        assert queue.ended - queue.began == pytest.approx(1.0, abs=0.05)


async def test_a_hedge_is_marked_and_the_loser_has_not_failed() -> None:
    async with traced(2, hedge_after=0.5, retry_budget=1.0) as t:
        for number in range(100):
            await t.dispatcher.infer(f"{number}")
        t.workers[0].service_s = 0.5
        await asyncio.gather(*(t.dispatcher.infer(text, traceparent=CLIENT) for text in "ab"))
        hedges = [span for span in t.tracer.named("attempt") if span.attributes["brownout.hedge"]]
        assert [span.attributes["brownout.outcome"] for span in hedges] == ["answered"]
        (loser,) = [span for span in t.tracer.spans if span.attributes.get("brownout.outcome") == "overtaken"]
        assert loser.failure is None


async def test_a_client_that_leaves_leaves_nothing_open() -> None:
    async with traced(1) as t:
        asked = asyncio.create_task(t.dispatcher.infer("a", traceparent=CLIENT))
        await asyncio.sleep(0.005)
        asked.cancel()
        await asyncio.sleep(0.005)
        (attempt,) = t.tracer.named("attempt")
        assert attempt.attributes["brownout.outcome"] == "nobody_waits"


async def test_the_span_of_a_call_has_ended_before_its_client_can_have_the_answer() -> None:
    answered: list[float] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
        await send({"type": "http.response.body", "body": b"}"})
        answered.append(time.time())

    async def receive() -> Message:
        raise AssertionError("nobody asks")

    async def send(message: Message) -> None:
        sent.append((message["type"], message.get("more_body", False), time.time()))

    sent: list[tuple[str, bool, float]] = []
    tracer = NotingTracer()
    scope = {"type": "http", "method": "POST", "path": "/infer", "scheme": "http", "headers": []}
    await TracedApp(app, tracer)(scope, receive, send)
    (call,) = tracer.spans
    _, more, last = sent
    assert call.ended is not None
    assert more[2] <= call.ended <= last[2] <= answered[0]
    assert call.failure is None


async def test_a_clock_of_the_loop_that_counts_in_milliseconds_moves_no_span_out_of_what_it_is_part_of() -> None:
    # As uvloop's does. Asked at 1000.0009 s of the wall's clock, which is 0.0029 of a loop that says 0.002; sent a
    # moment later, when it says 0.003; answered after that.
    request = Request(
        id="one",
        text="a",
        shown="a",
        size=1,
        sequence=1,
        accepted_at=0.002,
        deadline=1.0,
        timestamp=1000.0009,
        answered=asyncio.get_running_loop().create_future(),
        traceparent=CLIENT,
    )
    tracer = NotingTracer()
    wall_times = iter([1000.0011, 1000.0012])
    listener = TraceListener(tracer, lambda: next(wall_times))
    flight = Flight.begin("worker1", [request], Release.IDLE, 0.003)
    listener.batch_sent(flight)
    (attempt,) = flight.attempts
    attempt.ended_at = 0.003
    listener.attempt_ended(request, attempt)
    queue, sent = tracer.spans
    assert (queue.began, queue.ended) == (1000.0009, 1000.0011)
    assert (sent.began, sent.ended) == (1000.0011, 1000.0012)
