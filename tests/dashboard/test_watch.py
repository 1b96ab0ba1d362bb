"""The watch against something that answers as a coordinator does, over real HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from dashboard.watch import COUNTED, FEW, KEPT, LOGGED_EVERY, MARGIN, Watch
from tests.reports.test_live import STATUS

METRICS = b"# TYPE brownout_batch_size histogram\nbrownout_batch_size_count 4.0\nbrownout_batch_size_sum 10.0\n"


class Answering(ThreadingHTTPServer):
    """`asked` is every path with its query."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        self.asked: list[str] = []
        self.completed = 2
        self.broken = False
        super().__init__(("127.0.0.1", port), Handler)

    def entries(self, limit: int) -> list[dict[str, Any]]:
        newest_first = range(self.completed - 1, max(-1, self.completed - 1 - limit), -1)
        return [
            {
                "timestamp": "2026-01-17T09:31:04.000+00:00",
                "request_id": f"id-{number}",
                "input": "a",
                "output": "POSITIVE",
                "score": None,
                "worker": "worker1",
                "success": True,
                "error": None,
                "retries": 0,
                "latency_ms": 3.0,
            }
            for number in newest_first
        ]


class Handler(BaseHTTPRequestHandler):
    server: Answering

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        parts = urlsplit(self.path)
        path, query = parts.path, parse_qs(parts.query)
        status = {**STATUS, "tasks_completed": self.server.completed, "tasks_failed": 0}
        body = {
            "/status": b"[]" if self.server.broken else orjson.dumps(status),
            "/recent_requests": orjson.dumps(self.server.entries(int(query.get("limit", ["0"])[0]))),
            "/metrics": METRICS,
        }[path]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None: ...


@contextmanager
def answering(port: int = 0) -> Iterator[Answering]:
    with Answering(port) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def watch(server: Answering) -> Watch:
    return Watch(f"http://127.0.0.1:{server.server_address[1]}")


def test_it_asks_for_all_that_ended_once_and_then_for_what_is_new() -> None:
    with answering() as server:
        it = watch(server)
        it.look()
        assert [each.request_id for each in it.seen.log] == ["id-1", "id-0"]
        server.completed = 5
        it.look()
        it.look()
        it.close()
        assert [each.request_id for each in it.seen.log] == ["id-4", "id-3", "id-2", "id-1", "id-0"]
        limits = [path for path in server.asked if path.startswith("/recent")]
        assert limits == [f"/recent_requests?limit={KEPT}", f"/recent_requests?limit={3 + MARGIN}"]
        (counted,) = (path for path in server.asked if path.startswith("/metrics"))
        assert parse_qs(urlsplit(counted).query) == {"name[]": [*COUNTED]}
        assert it.seen.batches[0].requests == 10


def test_where_many_end_they_are_asked_for_now_and_then_and_none_is_passed_over() -> None:
    with answering() as server:
        it = watch(server)
        for _ in range(1 + 2 * LOGGED_EVERY):
            it.look()
            server.completed += 2 * FEW
        it.close()
        limits = [path for path in server.asked if path.startswith("/recent")]
        many = 2 * FEW * LOGGED_EVERY
        assert limits == [f"/recent_requests?limit={limit}" for limit in (KEPT, many + MARGIN, many + MARGIN)]
        assert [each.request_id for each in it.seen.log] == [f"id-{number}" for number in reversed(range(2 + 2 * many))]


def test_when_nobody_answers_what_was_known_stays_until_somebody_does() -> None:
    with answering() as server:
        it = watch(server)
        it.look()
        port = server.server_address[1]
    it.close()
    it.look()
    away = it.seen
    assert away.problem == "nobody listens there"
    assert away.newest is not None
    assert len(away.log) == 2
    with answering(port):
        it.look()
        assert it.seen.problem is None
    it.close()


def test_something_else_behind_the_address_is_said_to_be_that() -> None:
    with answering() as server:
        server.broken = True
        it = watch(server)
        it.look()
        it.close()
        assert "no coordinator" in str(it.seen.problem)
        assert it.seen.newest is None


def test_it_looks_by_itself_until_it_is_stopped() -> None:
    with answering() as server:
        it = watch(server)
        it.start()
        try:
            deadline = threading.Event()
            for _ in range(500):
                if it.seen.newest is not None:
                    break
                deadline.wait(0.02)
            assert it.seen.newest is not None
        finally:
            it.stop()
