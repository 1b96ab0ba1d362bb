"""Why a call is not answered: each reason knows its gRPC status, which is what a coordinator decides by."""

from typing import ClassVar

import grpc


class RefusalError(Exception):
    """A call that ends in `status` without harm to the worker or to other calls."""

    status: ClassVar[grpc.StatusCode]


class MalformedBatchError(RefusalError):
    """No worker could answer this batch."""

    status = grpc.StatusCode.INVALID_ARGUMENT


class NotServingError(RefusalError):
    """This worker is starting or draining; nothing was computed and another may be asked."""

    status = grpc.StatusCode.UNAVAILABLE


class NobodyWaitsError(RefusalError):
    """The deadline passed before the batch was computed."""

    status = grpc.StatusCode.DEADLINE_EXCEEDED
