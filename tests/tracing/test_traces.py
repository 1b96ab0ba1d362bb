"""One request, one trace: across a client, the coordinator and the workers, by the real SDK and a real receiver."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from chaos.processes.ports import PortReservation
from tests.coordinator.redirecting import across_a_kill
from tests.coordinator.running import RunningSystem, running_system
from tests.tracing.receiver import PATIENCE_S, ReceivedSpan, receiving

TRACE: Final = "0af7651916cd43dd8448eb211c80319c"
CLIENT_SPAN: Final = "b7ad6b7169203331"
TRACEPARENT: Final = f"00-{TRACE}-{CLIENT_SPAN}-01"

REQUEST: Final = "brownout.request_id"

# Between two exports, instead of 5 s.
PROMPTLY_MS: Final = "50"


def exporting_to(endpoint: str) -> dict[str, str]:
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_BSP_SCHEDULE_DELAY": PROMPTLY_MS}


async def infer(system: RunningSystem, text: str = "a film", traceparent: str = TRACEPARENT) -> dict[str, Any]:
    status, answer = await system.post(orjson.dumps({"input": text}), headers={"traceparent": traceparent})
    assert status == 200, answer
    return answer


def named(spans: Sequence[ReceivedSpan], name: str) -> list[ReceivedSpan]:
    return sorted((span for span in spans if span.name == name), key=lambda span: span.start)


def inside(inner: ReceivedSpan, outer: ReceivedSpan) -> bool:
    # Two processes on one machine share their clock; a float of seconds since the epoch has 240 ns.
    return outer.start <= inner.start + 1000 and inner.end <= outer.end + 1000


@dataclass(frozen=True)
class Told:
    """What a client was answered, once in peace and twice across the kill of a worker, and what spans came of it."""

    plain: dict[str, Any]
    across: list[dict[str, Any]]
    spans: list[ReceivedSpan]

    def of(self, answer: dict[str, Any], name: str) -> list[ReceivedSpan]:
        """The spans of this name in the trace of that request, in order."""
        (trace,) = {span.trace for span in self.spans if span.attributes.get(REQUEST) == answer["request_id"]}
        return named([span for span in self.spans if span.trace == trace], name)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return asyncio.run(tell(tmp_path_factory.mktemp("logs")))


async def tell(logs: Path) -> Told:
    async with (
        receiving() as receiver,
        running_system(
            logs,
            workers=2,
            worker_settings=exporting_to(receiver.endpoint),
            HEARTBEAT_TIMEOUT="10",
            OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint,
            OTEL_BSP_SCHEDULE_DELAY=PROMPTLY_MS,
        ) as system,
    ):
        plain = await infer_as_a_traced_client(system, receiver.endpoint)
        # A worker that is killed takes the spans along that it has not sent.
        await receiver.until(lambda spans: len(named(spans, "Infer")) == len(named(spans, "compute")) == 1)
        across = await across_a_kill(
            system, lambda number: infer(system, traceparent=f"00-{str(number + 1) * 32}-{CLIENT_SPAN}-01")
        )
        spans = await receiver.until(
            lambda spans: (
                len(named(spans, "POST /infer")) == len(named(spans, "Infer")) == len(named(spans, "compute")) == 3
            )
        )
        return Told(plain, across, list(spans))


async def infer_as_a_traced_client(system: RunningSystem, endpoint: str) -> dict[str, Any]:
    """One request under a span of a client of its own, which has gone when this returns."""
    client = TracerProvider(resource=Resource({"service.name": "a client"}), shutdown_on_exit=False)
    client.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint}/v1/traces")))
    with client.get_tracer("test").start_as_current_span("ask"):
        headers: dict[str, str] = {}
        TraceContextTextMapPropagator().inject(headers)
        answer = await infer(system, traceparent=headers["traceparent"])
    await asyncio.to_thread(client.shutdown)
    return answer


def test_a_request_is_one_trace_from_the_client_to_the_model(told: Told) -> None:
    asked, call, attempt, infer_span, compute = path = [
        span for name in ("ask", "POST /infer", "attempt", "Infer", "compute") for span in told.of(told.plain, name)
    ]
    assert [span.parent for span in path] == ["", asked.id, call.id, attempt.id, infer_span.id]
    assert [span.service for span in path] == [
        "a client",
        *["brownout-coordinator"] * 2,
        *["brownout-worker"] * 2,
    ]
    assert inside(call, asked)
    assert inside(attempt, call)
    assert inside(infer_span, attempt)
    assert inside(compute, infer_span)
    assert attempt.attributes["brownout.outcome"] == "answered"
    assert attempt.attributes["brownout.worker"] == told.plain["worker"] == infer_span.attributes["brownout.worker"]
    assert call.attributes["http.response.status_code"] == 200
    assert not [span for span in path if span.failure]


def test_a_redirect_is_a_second_attempt_in_the_same_trace(told: Told) -> None:
    (redirected,) = [answer for answer in told.across if answer["retries"]]
    lost, answered = told.of(redirected, "attempt")
    assert [span.attributes["brownout.worker"] for span in (lost, answered)] == ["worker1", "worker2"]
    assert [span.attributes["brownout.outcome"] for span in (lost, answered)] == ["cut", "answered"]
    assert [lost.failure, answered.failure] == ["cut", None]
    (call,) = told.of(redirected, "POST /infer")
    assert lost.parent == answered.parent == call.id
    (computed,) = told.of(redirected, "Infer")
    assert computed.parent == answered.id


async def test_a_request_that_nobody_takes_waits_visibly(tmp_path: Path) -> None:
    async with (
        receiving() as receiver,
        running_system(
            tmp_path,
            workers=0,
            WORKER_TIMEOUT="0.1",
            OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint,
            OTEL_BSP_SCHEDULE_DELAY=PROMPTLY_MS,
        ) as system,
    ):
        status, failure = await system.post(b'{"input": "a film"}', headers={"traceparent": "nonsense"})
        assert status == 504
        spans = await receiver.until(lambda spans: len(spans) >= 2)
        (line,) = system.lines("request")

    (call,), (queue,) = named(spans, "POST /infer"), named(spans, "queue")
    assert call.parent == "", "a malformed header begins a trace of its own"
    assert call.failure == "status 504"
    assert (queue.parent, queue.trace) == (call.id, call.trace)
    assert queue.attributes["brownout.request_id"] == failure["request_id"]
    assert queue.end - queue.start > 0.4e9
    assert line["trace_id"] == call.trace


async def test_receivers_that_are_not_there_cost_spans_and_nothing_else(tmp_path: Path) -> None:
    with PortReservation() as refused, socket.create_server(("127.0.0.1", 0)) as silent:
        # One accepts connections, for the kernel does, and never answers; at the other nobody listens.
        host, port = silent.getsockname()
        async with running_system(
            tmp_path,
            worker_settings=exporting_to(f"http://{refused.address}") | {"OTEL_EXPORTER_OTLP_TIMEOUT": "100"},
            OTEL_EXPORTER_OTLP_TIMEOUT="100",
            OTEL_EXPORTER_OTLP_ENDPOINT=f"http://{host}:{port}",
            OTEL_BSP_SCHEDULE_DELAY=PROMPTLY_MS,
        ) as system:
            for _ in range(20):
                await infer(system)
            began = time.monotonic()
            for process in (system.coordinator, *system.workers):
                await process.terminate()
            for process in (system.coordinator, *system.workers):
                state = await process.wait(PATIENCE_S)
                assert state.code == 0, state
            assert time.monotonic() - began < PATIENCE_S, "the SDK itself waits for as long as it is told to"
            assert system.lines("stopped")[0]["completed"] == 20


def test_who_does_not_trace_does_not_import_opentelemetry() -> None:
    script = (
        "import sys, system.coordinator.__main__, system.worker.__main__\n"
        "sys.exit(any(name.startswith('opentelemetry.sdk') for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=PATIENCE_S)


def test_tracing_without_opentelemetry_is_refused_with_how_to_get_it() -> None:
    script = "import sys; sys.modules['opentelemetry.sdk'] = None\nfrom system.coordinator.__main__ import main; main()"
    refused = subprocess.run(
        [sys.executable, "-c", script],
        env={"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", **path()},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert refused.returncode == 2
    assert "pip install '.[otel]'" in refused.stderr
    assert "OTEL_EXPORTER_OTLP_PROTOCOL='grpc'" in refused.stderr


def path() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
