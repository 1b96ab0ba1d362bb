"""Bytes that are no message: the client's mistake, answered as such. gRPC would say UNKNOWN, and log a traceback."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, TypeVar

import grpc
import grpc.aio
from google.protobuf.message import DecodeError

from system.worker.refusal import MalformedBatchError

Request = TypeVar("Request")
Response = TypeVar("Response")
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"  # generic in its stubs only
Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]


class Decoding(grpc.aio.ServerInterceptor):
    """Lets no call through to its service whose request does not decode. For services written as coroutines."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        handler: Any = await continuation(handler_call_details)  # its type lacks what makes it a named tuple
        if handler is None:  # no such method: gRPC says UNIMPLEMENTED
            return None
        decoding: Handler = handler._replace(
            request_deserializer=_kept_if_undecodable(handler.request_deserializer),
            unary_unary=handler.unary_unary and _refusing(handler.unary_unary),
            unary_stream=handler.unary_stream and _refusing(handler.unary_stream),
        )
        return decoding


def _kept_if_undecodable(decode: Callable[[bytes], Request]) -> Callable[[bytes], Request | DecodeError]:
    def attempt(raw: bytes) -> Request | DecodeError:
        try:
            return decode(raw)
        except DecodeError as error:
            return error

    return attempt


def _refusing(
    call: Callable[[Request, Context], Awaitable[Response]],
) -> Callable[[Request | DecodeError, Context], Awaitable[Response]]:
    async def answer(request: Request | DecodeError, context: Context) -> Response:
        if isinstance(request, DecodeError):
            await MalformedBatchError(str(request)).end(context)
        return await call(request, context)

    return answer
