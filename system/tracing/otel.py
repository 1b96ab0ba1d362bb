"""Spans by OpenTelemetry's SDK, sent over OTLP as its own variables say (OTEL_EXPORTER_OTLP_*, OTEL_TRACES_SAMPLER …).

Sending is the work of a thread with a bounded queue: a receiver that is not there costs spans, never requests.
"""

from __future__ import annotations

import threading
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from system.tracing.span import Attributes, Kind

# How long a process that ends may take to send its last spans. The SDK itself would wait for 30 s.
FAREWELL_S: Final = 2.0

_KINDS: Final = {
    Kind.SERVER: trace.SpanKind.SERVER,
    Kind.CLIENT: trace.SpanKind.CLIENT,
    Kind.INTERNAL: trace.SpanKind.INTERNAL,
}


class OtelSpan:
    """Implements `Span`."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    @property
    def traceparent(self) -> str:
        context = self._span.get_span_context()
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"

    def note(self, attributes: Attributes) -> None:
        self._span.set_attributes(attributes)

    def end(self, at: float, failure: str | None = None) -> None:
        if failure is not None:
            self._span.set_status(trace.StatusCode.ERROR, failure)
        self._span.end(_nanoseconds(at))


class OtelTracer:
    """Implements `Tracer`, with a provider of its own and not the process's global one."""

    def __init__(self, service: str, instance: str | None) -> None:
        identity = {"service.name": service} | ({"service.instance.id": instance} if instance else {})
        # What OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say comes later, and wins.
        resource = Resource.create().merge(Resource(identity)).merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("brownout")
        self._propagator = TraceContextTextMapPropagator()

    def start(self, name: str, kind: Kind, parent: str | None, at: float, attributes: Attributes) -> OtelSpan:
        context = self._propagator.extract({"traceparent": parent} if parent else {}, Context())
        return OtelSpan(self._tracer.start_span(name, context, _KINDS[kind], attributes, start_time=_nanoseconds(at)))

    def close(self) -> bool:
        # The SDK's shutdown cannot be told how long it may take, and waits for a receiver that does not answer.
        closing = threading.Thread(target=self._provider.shutdown, name="last spans", daemon=True)
        closing.start()
        closing.join(FAREWELL_S)
        return not closing.is_alive()


def _nanoseconds(at: float) -> int:
    return int(at * 1e9)
