"""What a worker tells of itself beside its log lines, by its settings."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from structlog.typing import FilteringBoundLogger

from system.tracing.switch import connect
from system.worker.metrics import WorkerMetrics
from system.worker.observer import Observer
from system.worker.port import PortError
from system.worker.settings import WorkerSettings
from system.worker.traces import WorkerTraces


@contextmanager
def telemetry(settings: WorkerSettings, log: FilteringBoundLogger) -> Iterator[list[Observer]]:
    """Who is to be told, none by default. Raises PortError if METRICS_PORT cannot be listened on."""
    observers: list[Observer] = []
    with ExitStack() as scopes:
        if settings.metrics_port is not None:
            metrics = WorkerMetrics()
            try:
                port = scopes.enter_context(metrics.served(settings.host, settings.metrics_port))
            except OSError as error:
                raise PortError(settings, "METRICS_PORT", error.strerror or str(error)) from error
            log.info("metrics", host=settings.host, port=port)
            observers.append(metrics)
        tracer = connect(settings, "brownout-worker", settings.worker_id)
        if tracer is not None:
            observers.append(WorkerTraces(tracer, settings.worker_id))
        yield observers
    if tracer is not None and not tracer.close():
        log.warning("the last spans were not taken in time")
