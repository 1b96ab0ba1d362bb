"""A worker that says it is well and refuses every batch at once: `python fail_fast_worker.py`, with HOST, PORT and
WORKER_ID.

It speaks the wire format by hand, as the three messages it needs are a few bytes, and says on stdout what it refused.
"""

import asyncio
import json
import os
import sys

import grpc.aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

SERVICE = "inference.InferenceService"
OK = b"\x08\x01"  # HealthResponse.ok


class Context(grpc.aio.ServicerContext[bytes, bytes]):
    """Of a call whose messages are bytes."""


async def refuse(_batch: bytes, context: Context) -> bytes:
    sys.stdout.write(json.dumps({"event": "refused"}) + "\n")
    sys.stdout.flush()
    await context.abort(grpc.StatusCode.INTERNAL, "there is no model here")


async def say_well(_question: bytes, _context: Context) -> bytes:
    name = os.environ["WORKER_ID"].encode()
    return OK + b"\x12" + bytes([len(name)]) + name


async def main() -> None:
    statuses = health.aio.HealthServicer()
    server = grpc.aio.server(options=(("grpc.so_reuseport", 0),))
    handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
        "Infer": grpc.unary_unary_rpc_method_handler(refuse),
        "HealthCheck": grpc.unary_unary_rpc_method_handler(say_well),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    health_pb2_grpc.add_HealthServicer_to_server(statuses, server)
    for name in (health.OVERALL_HEALTH, SERVICE):
        await statuses.set(name, health_pb2.HealthCheckResponse.SERVING)
    server.add_insecure_port(f"{os.environ['HOST']}:{os.environ['PORT']}")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(main())
