"""What Prometheus reads of a worker, if METRICS_PORT says where; docs/observability.md lists every series."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, start_http_server

from system.models.classifier import Prediction
from system.worker.batch import Batch
from system.worker.lane import Answer, Computed, ItemExpiredError
from system.worker.refusal import FullError, MalformedBatchError, NobodyWaitsError, NotServingError, RefusalError

# Seconds, from a short text alone to a full batch of long ones behind another.
DURATIONS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)

# Who this is of says which worker it is: Prometheus labels it by the address that it scrapes.
REASONS: Final = {
    MalformedBatchError: "malformed",
    FullError: "full",
    NotServingError: "not_serving",
    NobodyWaitsError: "nobody_waits",
}


class WorkerMetrics:
    """Implements `Observer`."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._compute = Histogram(
            "brownout_compute_seconds",
            "Computing one batch, with the delay that MAX_DELAY drew.",
            buckets=DURATIONS_S,
            registry=self._registry,
        )
        self._wait = Histogram(
            "brownout_compute_wait_seconds",
            "A batch's wait for its turn at the model.",
            buckets=DURATIONS_S,
            registry=self._registry,
        )
        items = Counter("brownout_compute_items", "Items of computed batches.", ["outcome"], registry=self._registry)
        self._items = {outcome: items.labels(outcome) for outcome in ("answered", "refused", "expired")}
        refusals = Counter("brownout_compute_refusals", "Calls refused.", ["reason"], registry=self._registry)
        self._refusals = {kind: refusals.labels(reason) for kind, reason in REASONS.items()}
        self._abandoned = Counter(
            "brownout_compute_abandoned",
            "Batches whose caller left before they were answered.",
            registry=self._registry,
        )

    @contextmanager
    def served(self, host: str, port: int) -> Iterator[int]:
        """Answer scrapes, in a thread. Yields the port; raises OSError where it cannot be had."""
        server, thread = start_http_server(port, host, self._registry)
        try:
            yield server.server_port
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def refused(self, refusal: RefusalError) -> None:
        self._refusals[type(refusal)].inc()

    def computed(self, batch: Batch, computed: Computed) -> None:  # noqa: ARG002 - the observer's signature
        self._compute.observe(computed.compute_ms / 1000)
        self._wait.observe(computed.queue_ms / 1000)
        for answer in computed.answers:
            self._items[_outcome(answer)].inc()

    def abandoned(self, batch: Batch, after_s: float) -> None:  # noqa: ARG002 - likewise
        self._abandoned.inc()


def _outcome(answer: Answer) -> str:
    if isinstance(answer, Prediction):
        return "answered"
    return "expired" if isinstance(answer, ItemExpiredError) else "refused"
