"""The RPCs of a worker: who is let in, and what is answered."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import grpc.aio
from structlog.typing import FilteringBoundLogger

from proto import inference_pb2, inference_pb2_grpc
from proto.trailers import BEGUN
from system.models.classifier import Prediction
from system.worker.batch import Batch
from system.worker.lane import Answer, Lane
from system.worker.misfortune import Misfortune
from system.worker.mishaps import InflictedError
from system.worker.observer import Observer
from system.worker.refusal import FullError, NotServingError, RefusalError


class InferenceService(inference_pb2_grpc.InferenceServiceServicer):
    """Closed until `open` hands it a lane; closed again by `close`, which running calls outlive.

    Bounds the batches that it lets in by itself, and not by gRPC's bound on all calls: that would refuse health checks
    as well when batches pile up, and a busy worker would be taken for a dead one.
    """

    def __init__(
        self,
        worker_id: str,
        instance_id: str,
        max_batches: int,
        log: FilteringBoundLogger,
        observers: Sequence[Observer] = (),
        *,
        crash_rate: float = 0.0,
        misfortune: Misfortune | None = None,
    ) -> None:
        self._worker_id = worker_id
        self._instance_id = instance_id
        self._crash_rate = crash_rate
        self._misfortune = misfortune
        self._max_batches = max_batches
        self._log = log
        self._observers = observers
        self._lane: Lane | None = None
        self._running: list[Batch] = []
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def running(self) -> tuple[Batch, ...]:
        """What was let in and is not yet answered, oldest first."""
        return tuple(self._running)

    def open(self, lane: Lane) -> None:
        self._lane = lane

    def close(self) -> None:
        self._lane = None

    async def idle(self) -> None:
        """Return when no call runs."""
        await self._idle.wait()

    async def Infer(  # noqa: N802 - the contract's name
        self,
        request: inference_pb2.InferRequest,
        context: grpc.aio.ServicerContext[inference_pb2.InferRequest, inference_pb2.InferResponse],
    ) -> inference_pb2.InferResponse:
        try:
            with self._admitted(request, context.time_remaining()) as (lane, batch), self._fortune():
                return await self._infer(lane, batch, context)
        except RefusalError as refusal:
            for observer in self._observers:
                observer.refused(refusal)
            await refusal.end(context)
        except InflictedError as mishap:
            await context.abort(mishap.status, str(mishap))

    async def HealthCheck(  # noqa: N802 - the contract's name
        self,
        request: inference_pb2.HealthRequest,  # noqa: ARG002 - carries nothing
        context: grpc.aio.ServicerContext[  # noqa: ARG002 - needs nothing
            inference_pb2.HealthRequest, inference_pb2.HealthResponse
        ],
    ) -> inference_pb2.HealthResponse:
        return inference_pb2.HealthResponse(
            ok=self._lane is not None,
            worker_id=self._worker_id,
            instance_id=self._instance_id,
            crash_rate=self._crash_rate,
        )

    @contextmanager
    def _fortune(self) -> Iterator[None]:
        """Raises InflictedError before or after what happens in this scope, if that is what shall happen to it."""
        failure = None if self._misfortune is None else self._misfortune.failure_of_this_call()
        if failure is None or failure.computed:
            yield
        if failure is not None and self._misfortune is not None:
            self._misfortune.strike("fail_rpc")
            raise InflictedError(failure.code)

    @contextmanager
    def _admitted(self, request: inference_pb2.InferRequest, remaining_s: float | None) -> Iterator[tuple[Lane, Batch]]:
        if self._lane is None:
            raise NotServingError(f"{self._worker_id} is not serving: it is starting or draining")
        if len(self._running) >= self._max_batches:
            raise FullError(f"{self._worker_id} already holds {len(self._running)} batches, as many as it may")
        batch = Batch.read(request, asyncio.get_running_loop().time(), remaining_s)
        self._running.append(batch)
        self._idle.clear()
        try:
            yield self._lane, batch
        finally:
            self._running.remove(batch)
            if not self._running:
                self._idle.set()

    async def _infer(
        self,
        lane: Lane,
        batch: Batch,
        context: grpc.aio.ServicerContext[inference_pb2.InferRequest, inference_pb2.InferResponse],
    ) -> inference_pb2.InferResponse:
        async def begun() -> None:
            with suppress(grpc.aio.BaseError):  # of a caller who has gone, as this very call is about to be told
                await context.send_initial_metadata((BEGUN,))

        self._log.debug("admitted", request_ids=batch.request_ids, running=len(self._running))
        loop = asyncio.get_running_loop()
        arrived = loop.time()
        try:
            computed = await lane.compute(batch, begun)
        except asyncio.CancelledError:
            for observer in self._observers:
                observer.abandoned(batch, loop.time() - arrived)
            self._log.info(
                "batch abandoned", request_ids=batch.request_ids, trace_ids=batch.trace_ids, size=len(batch.items)
            )
            raise
        for observer in self._observers:
            observer.computed(batch, computed)
        self._log.info(
            "batch",
            request_ids=batch.request_ids,
            trace_ids=batch.trace_ids,
            size=len(batch.items),
            outputs=[answer.label if isinstance(answer, Prediction) else None for answer in computed.answers],
            expired=computed.expired,
            queue_ms=round(computed.queue_ms, 3),
            compute_ms=round(computed.compute_ms, 3),
        )
        return self._response(batch.request_ids, computed.answers)

    def _response(self, request_ids: tuple[str, ...], answers: tuple[Answer, ...]) -> inference_pb2.InferResponse:
        predicted = [answer if isinstance(answer, Prediction) else None for answer in answers]
        return inference_pb2.InferResponse(
            request_ids=request_ids,
            output_texts=[prediction.label if prediction else "" for prediction in predicted],
            worker_id=self._worker_id,
            success=True,
            scores=[prediction.score if prediction else 0.0 for prediction in predicted],
            errors=["" if isinstance(answer, Prediction) else str(answer) for answer in answers],
        )
