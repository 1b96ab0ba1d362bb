"""A worker at the other end of a gRPC channel: the edge that turns gRPC's outcomes into the core's."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, Self

import grpc
import grpc.aio

from proto import inference_pb2
from proto.trailers import BEGUN, NOT_EXECUTED
from system.coordinator.connection import Connection
from system.coordinator.core.worker import Answer, AttemptFailed, Cause, Health, Item, ItemRefused
from system.tls.channel import ChannelTls

# A worker that cannot be reached for this long is asked again over a new connection: the old one may be half open,
# which TCP alone would take minutes to notice, or wait out gRPC's long back-off between two look-ups of a name. Longer
# than a pause that a worker may well wake up from with the answers still in its hands.
STALE_CHANNEL_S: Final = 4.0

# What a status alone says of the batch; any other is an answer of the worker. `_failure` has the whole table.
_CAUSES: Final[Mapping[grpc.StatusCode, Cause]] = MappingProxyType(
    {
        grpc.StatusCode.UNAVAILABLE: Cause.CUT,
        grpc.StatusCode.CANCELLED: Cause.CUT,
        grpc.StatusCode.DEADLINE_EXCEEDED: Cause.TOO_SLOW,
    }
)

# With these a worker that starts, drains or is full turns a batch away that another one may well take. The rest of what
# it refuses before computing anything (a malformed batch, one that came too late) it would refuse again.
_TURNED_AWAY: Final = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)

# How gRPC's details begin when a call ends UNAVAILABLE because no connection came about; any other was under way.
_NEVER_SENT: Final = ("failed to connect", "errors resolving", "dns resolution failed")

# Characters of a label, and of why there is none. Thousands of answers are remembered, and all of them are logged.
_LONGEST: Final = 200

# gRPC hands out None, against its own annotations, for an answer whose bytes are not the message that they should be.
_GARBAGE: Final = "its answer cannot be decoded"


class GrpcWorker:
    """Implements `Worker` over the generated stub. `async with` it to close its channel."""

    def __init__(
        self, address: str, tls: ChannelTls | None = None, *, stale_channel_s: float = STALE_CHANNEL_S
    ) -> None:
        self.address = address
        self._tls = tls
        self._stale_channel_s = stale_channel_s

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._unreached_since: float | None = None
        self._tells_when_it_begins = False
        self._connection = Connection(self.address, self._tls)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._connection.close()

    async def infer(self, items: Sequence[Item], timeout_s: float) -> Sequence[Answer | ItemRefused]:
        response: inference_pb2.InferResponse | None
        try:
            with self._connection.call() as stub:
                call = stub.Infer(_request(items), timeout=timeout_s)
                response = await call
        except grpc.aio.AioRpcError as error:
            failure = _failure(error)
            # Of a worker that was never heard to say it, an older one maybe, silence means nothing.
            failure.begun = not self._tells_when_it_begins or BEGUN in tuple(error.initial_metadata() or ())
            raise failure from error
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            # Nobody cancelled us: the channel was closed under the call, which grpc.aio reports in the same way.
            raise AttemptFailed(Cause.CUT, "the channel was replaced") from None
        self._unreached_since = None
        self._tells_when_it_begins |= BEGUN in tuple(await call.initial_metadata() or ())
        if response is None:
            raise AttemptFailed(Cause.REFUSED, _GARBAGE)
        return _outcomes(items, response)

    async def check(self, timeout_s: float) -> Health:
        response: inference_pb2.HealthResponse | None
        await self._connection.renew()
        try:
            # wait_for_ready makes no sense here: a refused connection is news that must not wait.
            with self._connection.call() as stub:
                response = await stub.HealthCheck(inference_pb2.HealthRequest(), timeout=timeout_s)
        except grpc.aio.AioRpcError as error:
            failure = _failure(error)
            if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
                failure = AttemptFailed(Cause.SILENT, f"no heartbeat for {timeout_s:g} s")
            if failure.cause not in (Cause.REFUSED, Cause.NOT_SERVING):
                await self._not_reached()
            raise failure from error
        self._unreached_since = None
        if response is None:
            raise AttemptFailed(Cause.REFUSED, _GARBAGE)
        if not response.ok:
            raise AttemptFailed(Cause.NOT_SERVING, "it says that it is not serving")
        if not 0 <= response.crash_rate <= 1:  # nor NaN, with which nobody can reckon
            raise AttemptFailed(Cause.REFUSED, f"its crash rate is no share: {response.crash_rate}")
        return Health(response.instance_id or None, response.crash_rate)

    async def _not_reached(self) -> None:
        """Counts from the first check that failed, not from the last that was answered: between the two may lie a long
        interval, or a pause of this very process.
        """
        now = self._loop.time()
        if self._unreached_since is None:
            self._unreached_since = now
        elif now - self._unreached_since > self._stale_channel_s:
            self._unreached_since = None
            await self._connection.replace()


def _request(items: Sequence[Item]) -> inference_pb2.InferRequest:
    """Fields from 5 up are left out where they would say nothing: older workers do not know them."""
    request = inference_pb2.InferRequest(
        request_ids=[item.request_id for item in items], input_texts=[item.text for item in items]
    )
    if any(item.timeout_s < math.inf for item in items):
        request.time_remaining_s.extend(item.timeout_s for item in items)
    if any(item.traceparent for item in items):
        request.traceparents.extend(item.traceparent or "" for item in items)
    return request


def _failure(error: grpc.aio.AioRpcError) -> AttemptFailed:
    """What gRPC says about whether the batch can have been executed.

    status               and                                    cause
    ──────────────────   ────────────────────────────────────   ───────────
    UNAVAILABLE          no connection came about               NOT_SENT
    UNAVAILABLE,         the trailer `brownout-executed: no`    NOT_SERVING
    RESOURCE_EXHAUSTED
    UNAVAILABLE          neither: a connection broke            CUT
    CANCELLED                                                   CUT
    DEADLINE_EXCEEDED                                           TOO_SLOW
    any other                                                   REFUSED
    """
    code, details = error.code(), error.details() or ""
    cause = _CAUSES.get(code, Cause.REFUSED)
    if code in _TURNED_AWAY and NOT_EXECUTED in tuple(error.trailing_metadata() or ()):
        cause = Cause.NOT_SERVING
    elif code is grpc.StatusCode.UNAVAILABLE and details.lower().startswith(_NEVER_SENT):
        cause = Cause.NOT_SENT
    return AttemptFailed(cause, f"{code.name}: {details}")


def _outcomes(items: Sequence[Item], response: inference_pb2.InferResponse) -> Sequence[Answer | ItemRefused]:
    """Answers by request id, never by position. Fields from 5 up may be missing: older workers do not send them."""
    if not response.success:
        raise AttemptFailed(Cause.REFUSED, "it says that the batch did not succeed")
    count = len(items)
    lengths = {"ids": len(response.request_ids), "outputs": len(response.output_texts)}
    lengths |= {"scores": len(response.scores) or count, "errors": len(response.errors) or count}
    if any(length != count for length in lengths.values()):
        counted = ", ".join(f"{length} {name}" for name, length in lengths.items())
        raise AttemptFailed(Cause.REFUSED, f"its answer is malformed: {counted} to {count} items")
    outcomes = {
        request_id: _outcome(response, position, request_id) for position, request_id in enumerate(response.request_ids)
    }
    missing = sum(item.request_id not in outcomes for item in items)
    if missing:
        raise AttemptFailed(Cause.REFUSED, f"its answer does not fit the batch: {missing} of {count} missing")
    return [outcomes[item.request_id] for item in items]


def _outcome(response: inference_pb2.InferResponse, position: int, request_id: str) -> Answer | ItemRefused:
    if response.errors and response.errors[position]:
        return ItemRefused(response.errors[position][:_LONGEST])
    output = response.output_texts[position]
    score = response.scores[position] if response.scores else None
    # A model that computes NaN has not preferred one label to another, whatever label comes with it.
    if not 0 < len(output) <= _LONGEST or (score is not None and not math.isfinite(score)):
        shown = repr(output[:_LONGEST])
        raise AttemptFailed(Cause.REFUSED, f"its answer to {request_id} is none: {shown} with score {score}")
    return Answer(output, score)
