"""What clients are answered over HTTP, counted where the bytes leave: also what no application has seen."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter

# Those that are given. Any other would have a series from its first time on.
STATUSES: Final = (200, 400, 401, 404, 405, 408, 409, 413, 422, 431, 500, 503, 504)


class EdgeFigures:
    """Told by every connection."""

    def __init__(self, registry: CollectorRegistry) -> None:
        answers = Counter(
            "brownout_http_answers", "Answers to clients, whatever they asked for.", ["status"], registry=registry
        )
        self._answers = answers
        self._by_status = {status: answers.labels(str(status)) for status in STATUSES}
        self._cut = Counter(
            "brownout_http_connections_cut", "Connections cut on arrival, as there were too many.", registry=registry
        )

    def answered(self, status: int) -> None:
        (self._by_status.get(status) or self._answers.labels(str(status))).inc()

    def cut(self) -> None:
        self._cut.inc()
