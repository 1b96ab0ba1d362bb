"""Why a call is not answered: each reason knows its gRPC status, which is what a coordinator decides by.

Refusals are made before anything is computed, and say so in their trailing metadata (proto/trailers.py).
"""

from typing import Any, ClassVar, NoReturn

import grpc
import grpc.aio

from proto.trailers import NOT_EXECUTED


class RefusalError(Exception):
    """A call that ends in `status` without harm to the worker or to other calls, with nothing computed."""

    status: ClassVar[grpc.StatusCode]

    async def end(self, context: grpc.aio.ServicerContext[Any, Any]) -> NoReturn:
        await context.abort(self.status, str(self), trailing_metadata=(NOT_EXECUTED,))


class MalformedBatchError(RefusalError):
    """No worker could answer this batch."""

    status = grpc.StatusCode.INVALID_ARGUMENT


class FullError(RefusalError):
    """This worker holds as many batches as it may; it has time for one more when one is answered."""

    status = grpc.StatusCode.RESOURCE_EXHAUSTED


class NotServingError(RefusalError):
    """This worker is starting or draining; another may be asked."""

    status = grpc.StatusCode.UNAVAILABLE


class NobodyWaitsError(RefusalError):
    """The deadline passed before the batch was computed."""

    status = grpc.StatusCode.DEADLINE_EXCEEDED
