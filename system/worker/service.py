"""The RPCs of a worker: who is let in, and what is answered."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import grpc.aio
from structlog.typing import FilteringBoundLogger

from proto import inference_pb2, inference_pb2_grpc
from system.models.classifier import Prediction
from system.worker.lane import Answer, Lane
from system.worker.refusal import MalformedBatchError, NotServingError, RefusalError


class InferenceService(inference_pb2_grpc.InferenceServiceServicer):
    """Closed until `open` hands it a lane; closed again by `close`, which running calls outlive."""

    def __init__(self, worker_id: str, log: FilteringBoundLogger) -> None:
        self._worker_id = worker_id
        self._log = log
        self._lane: Lane | None = None
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def running(self) -> int:
        """Calls of Infer that were let in and are not yet answered."""
        return self._running

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
            with self._admitted(request) as lane:
                return await self._infer(lane, request, context.time_remaining())
        except RefusalError as refusal:
            await context.abort(refusal.status, str(refusal))

    async def HealthCheck(  # noqa: N802 - the contract's name
        self,
        request: inference_pb2.HealthRequest,  # noqa: ARG002 - carries nothing
        context: grpc.aio.ServicerContext[  # noqa: ARG002 - needs nothing
            inference_pb2.HealthRequest, inference_pb2.HealthResponse
        ],
    ) -> inference_pb2.HealthResponse:
        return inference_pb2.HealthResponse(ok=self._lane is not None, worker_id=self._worker_id)

    @contextmanager
    def _admitted(self, request: inference_pb2.InferRequest) -> Iterator[Lane]:
        if self._lane is None:
            raise NotServingError(f"{self._worker_id} is not serving: it is starting or draining")
        if len(request.request_ids) != len(request.input_texts):
            raise MalformedBatchError(
                f"request_ids has {len(request.request_ids)} items and input_texts {len(request.input_texts)}; "
                "they must be as many"
            )
        self._running += 1
        self._idle.clear()
        try:
            yield self._lane
        finally:
            self._running -= 1
            if self._running == 0:
                self._idle.set()

    async def _infer(
        self, lane: Lane, request: inference_pb2.InferRequest, remaining_s: float | None
    ) -> inference_pb2.InferResponse:
        request_ids = list(request.request_ids)
        self._log.debug("admitted", request_ids=request_ids, running=self._running)
        deadline = None if remaining_s is None else asyncio.get_running_loop().time() + remaining_s
        try:
            computed = await lane.compute(list(request.input_texts), deadline)
        except asyncio.CancelledError:
            self._log.info("batch abandoned", request_ids=request_ids, size=len(request_ids))
            raise
        self._log.info(
            "batch",
            request_ids=request_ids,
            size=len(request_ids),
            queue_ms=round(computed.queue_ms, 3),
            compute_ms=round(computed.compute_ms, 3),
        )
        return self._response(request_ids, computed.answers)

    def _response(self, request_ids: list[str], answers: tuple[Answer, ...]) -> inference_pb2.InferResponse:
        predicted = [answer if isinstance(answer, Prediction) else None for answer in answers]
        return inference_pb2.InferResponse(
            request_ids=request_ids,
            output_texts=[prediction.label if prediction else "" for prediction in predicted],
            worker_id=self._worker_id,
            success=True,
            scores=[prediction.score if prediction else 0.0 for prediction in predicted],
            errors=["" if isinstance(answer, Prediction) else str(answer) for answer in answers],
        )
