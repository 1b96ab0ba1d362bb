"""From the settings of a process to its tracer."""

from __future__ import annotations

from importlib import import_module

from system.tracing.settings import TracingSettings
from system.tracing.span import Tracer


def connect(settings: TracingSettings, service: str, instance: str | None = None) -> Tracer | None:
    """A tracer for a process called `service`, or None where nobody asked for traces."""
    if settings.otel_exporter_otlp_endpoint is None:
        return None
    # Not at the top: who does not trace need not have it, nor wait for it.
    tracer: Tracer = import_module("system.tracing.otel").OtelTracer(service, instance)
    return tracer
