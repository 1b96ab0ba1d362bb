"""Ask the worker of this machine or container whether it serves: `python -m system.worker.health`.

For a container's health check, which has the worker's own environment. Exit codes: 0 it serves; 1 it does not, with the
reason on stderr. A worker with TLS is only asked to take a connection: its certificate is for another name than this
one, and gRPC insists on names.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping
from typing import Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

ANSWER_S: Final = 4.0
PORT: Final = "50051"  # of WorkerSettings, whose import would cost each check many times what asking does
HERE: Final = "127.0.0.1"


def flaw(environment: Mapping[str, str]) -> str | None:
    """Why it does not serve, or None."""
    port = int(environment.get("PORT") or PORT)
    if environment.get("TLS_CERT"):
        return _flaw_of_connection(port)
    with grpc.insecure_channel(f"{HERE}:{port}", options=(("grpc.enable_http_proxy", 0),)) as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=ANSWER_S)
        except grpc.RpcError as problem:
            return f"port {port}: {problem}"
    if answer.status == health_pb2.HealthCheckResponse.SERVING:
        return None
    return str(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))


def _flaw_of_connection(port: int) -> str | None:
    try:
        socket.create_connection((HERE, port), ANSWER_S).close()
    except OSError as problem:
        return f"port {port}: {problem!r}"
    return None


def main() -> None:
    sys.exit(flaw(os.environ))


if __name__ == "__main__":
    main()
