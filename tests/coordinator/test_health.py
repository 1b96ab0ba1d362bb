"""The health check that a coordinator's container runs."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

from chaos.processes.ports import PortReservation
from system.coordinator.health import flaw


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """The port of something that says this at /readyz, and 404 elsewhere."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        try:
            yield str(server.server_address[1])
        finally:
            server.shutdown()
            serving.join()


def test_one_that_is_ready_has_no_flaw() -> None:
    with answering(200, b"{}") as port:
        assert flaw({"PORT": port}) is None


def test_one_that_is_not_ready_says_why() -> None:
    with answering(503, b'{"reason": "no worker"}') as port:
        assert flaw({"PORT": port}) == '/readyz: 503 {"reason": "no worker"}'


def test_nobody_listening_is_a_flaw() -> None:
    with PortReservation() as reserved:
        assert "ConnectionRefused" in str(flaw({"PORT": str(reserved.port)}))


def test_one_that_wants_certificates_is_only_asked_to_take_a_connection() -> None:
    with answering(503, b"") as port:
        assert flaw({"PORT": port, "TLS_CERT": "a", "TLS_CLIENT_CA": "b"}) is None
    with PortReservation() as reserved:
        assert flaw({"PORT": str(reserved.port), "TLS_CLIENT_CA": "b"}) is not None
