"""What a worker does with each item of a batch, as spans under the attempts that its coordinator makes."""

import time

from system.models.classifier import Prediction
from system.tracing.span import Attributes, Kind, Tracer
from system.tracing.traceparent import sampled
from system.worker.batch import Batch
from system.worker.lane import Computed
from system.worker.refusal import RefusalError


class WorkerTraces:
    """Implements `Observer`. Items are computed together, so that those of a batch have spans of the same times."""

    def __init__(self, tracer: Tracer, worker_id: str) -> None:
        self._tracer = tracer
        self._worker_id = worker_id

    def refused(self, refusal: RefusalError) -> None: ...

    def computed(self, batch: Batch, computed: Computed) -> None:
        ended = time.time()
        began = ended - computed.compute_ms / 1000
        arrived = began - computed.queue_ms / 1000
        for request_id, item, answer in zip(batch.request_ids, batch.items, computed.answers, strict=True):
            if not sampled(item.traceparent):
                continue
            attributes = self._attributes(batch, request_id)
            call = self._tracer.start("Infer", Kind.SERVER, item.traceparent, arrived, attributes)
            computing = self._tracer.start("compute", Kind.INTERNAL, call.traceparent, began, attributes)
            failure = None if isinstance(answer, Prediction) else str(answer)
            computing.end(ended, failure)
            call.end(ended, failure)

    def abandoned(self, batch: Batch, after_s: float) -> None:
        ended = time.time()
        for request_id, item in zip(batch.request_ids, batch.items, strict=True):
            if sampled(item.traceparent):
                attributes = self._attributes(batch, request_id)
                call = self._tracer.start("Infer", Kind.SERVER, item.traceparent, ended - after_s, attributes)
                call.end(ended, "its caller left")

    def _attributes(self, batch: Batch, request_id: str) -> Attributes:
        return {
            "brownout.request_id": request_id,
            "brownout.worker": self._worker_id,
            "brownout.batch_size": len(batch.items),
        }
