"""The health check that a worker's container runs."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from chaos.processes.ports import PortReservation
from system.worker.health import flaw


@contextmanager
def saying(status: int) -> Iterator[str]:
    """The port of a gRPC server of which grpc.health.v1 says this."""
    with ThreadPoolExecutor(1) as threads:
        server = grpc.server(threads)
        servicer = health.HealthServicer()
        servicer.set("", status)
        health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield str(port)
        finally:
            server.stop(None).wait()


def test_one_that_serves_has_no_flaw() -> None:
    with saying(health_pb2.HealthCheckResponse.SERVING) as port:
        assert flaw({"PORT": port}) is None


def test_one_that_does_not_serve_says_so() -> None:
    with saying(health_pb2.HealthCheckResponse.NOT_SERVING) as port:
        assert flaw({"PORT": port}) == "NOT_SERVING"


def test_nobody_listening_is_a_flaw() -> None:
    with PortReservation() as reserved:
        assert "UNAVAILABLE" in str(flaw({"PORT": str(reserved.port)}))
        assert flaw({"PORT": str(reserved.port), "TLS_CERT": "a"}) is not None


def test_one_with_tls_is_only_asked_to_take_a_connection() -> None:
    with saying(health_pb2.HealthCheckResponse.NOT_SERVING) as port:
        assert flaw({"PORT": port, "TLS_CERT": "a"}) is None
