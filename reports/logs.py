"""What the nodes of the bundled system logged, as the invariants that join it with the history read it.

Whatever stands in for the system, a simulation for one, writes the same lines, each a JSON object with `timestamp` (ISO
8601, UTC) and `event`. In `logs/coordinator.log`, one when a request ended, answered or not, and one for each change of
opinion of a worker:

    {"event": "request", "request_id": …, "input": as much of it as may be read, "success": true, "worker": "worker1",
     "latency_ms": 12.5, "retries": 0, "error": null,
     "attempts": [{"worker": "worker1", "size": 3, "sent_ms": 0.4, "ended_ms": 12.5, "cause": null}]}
    {"event": "membership", "worker": "worker1", "state": "up", "before": "starting", "reason": …}

in `logs/<worker>.log`, one when a batch was computed, before its answers leave:

    {"event": "batch", "request_ids": [a, b, c], "outputs": ["POSITIVE", null, "NEGATIVE"], "size": 3,
     "queue_ms": 0.1, "compute_ms": 11.2}

Times in them are of one clock, which is not the history's. `size` is that of the batch; `sent_ms` and `ended_ms` count
from when the request was admitted; `outputs` are null where an item was refused or nobody waited for it any more. A
line of any process says in `lines_lost` how many before it could not be written. Of a request line, `request_id` and
`success` are enough for the invariants that ask for no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from reports.joined import Joined

CANARY: Final = "canary"
"""Under which the coordinator asks its workers itself, to know whether they serve."""


class Attempt(NamedTuple):
    """One dispatch of one request, in seconds of the log's clock; `cause` is None if it answered."""

    worker: str
    size: int
    sent_at: float
    ended_at: float
    cause: str | None


class RequestLine(NamedTuple):
    """How one request ended, as the coordinator has it. Times are seconds of the log's clock."""

    request_id: str
    input: str
    success: bool
    worker: str | None
    error: str | None
    admitted_at: float
    ended_at: float
    retries: int
    attempts: tuple[Attempt, ...]

    @property
    def latency_s(self) -> float:
        return self.ended_at - self.admitted_at


class MembershipLine(NamedTuple):
    """The coordinator changed its opinion of `worker` at a moment of the log's clock."""

    at: float
    worker: str
    state: str


class BatchLine(NamedTuple):
    """One batch that `worker` computed. `outputs` has None where an item got no answer, and is None if nobody told."""

    at: float
    worker: str
    request_ids: tuple[str, ...]
    outputs: tuple[str | None, ...] | None

    def output(self, request_id: str) -> str | None:
        """What that one of its requests got; None where it got nothing or nobody told."""
        at = self.request_ids.index(request_id)
        return self.outputs[at] if self.outputs and at < len(self.outputs) else None


@dataclass(frozen=True)
class CoordinatorLog:
    """`lost` counts lines that could not be written, or not be understood."""

    requests: tuple[RequestLine, ...] = ()
    memberships: tuple[MembershipLine, ...] = ()
    lost: int = 0

    @cached_property
    def ended(self) -> Joined[RequestLine]:
        """The request lines by request id."""
        return Joined.of([line.request_id for line in self.requests], self.requests)

    @cached_property
    def failed(self) -> frozenset[str]:
        """The ids of requests that a line says were not answered."""
        return frozenset([line.request_id for line in self.requests if not line.success])


@dataclass(frozen=True, slots=True)
class WorkerLog:
    """`lost` counts lines that could not be written, or not be understood."""

    batches: tuple[BatchLine, ...] = ()
    lost: int = 0


def coordinator_log(lines: Iterable[Mapping[str, Any]]) -> CoordinatorLog:
    """Of the lines of a coordinator, oldest first. One that says less counts as far as it goes; what it says must make
    sense, or the line counts as lost.
    """
    requests: list[RequestLine] = []
    memberships: list[MembershipLine] = []
    lost = 0
    shown: dict[str, str] = {}  # texts come again and again; each is kept once
    for line in lines:
        try:
            lost += line.get("lines_lost", 0)
            match line.get("event"):
                case "request":
                    requests.append(_request(line, shown))
                case "membership":
                    memberships.append(MembershipLine(_at(line), line["worker"], line["state"]))
        except (KeyError, TypeError, ValueError):
            lost += 1
    return CoordinatorLog(tuple(requests), tuple(memberships), lost)


def worker_log(worker: str, lines: Iterable[Mapping[str, Any]]) -> WorkerLog:
    """Of the lines of a worker, oldest first."""
    batches: list[BatchLine] = []
    lost = 0
    for line in lines:
        try:
            lost += line.get("lines_lost", 0)
            if line.get("event") == "batch":
                outputs = line.get("outputs")
                ids = tuple(line["request_ids"])
                batches.append(BatchLine(_at(line), worker, ids, None if outputs is None else tuple(outputs)))
        except (KeyError, TypeError, ValueError):
            lost += 1
    return WorkerLog(tuple(batches), lost)


def batch_sizes(lines: Iterable[Mapping[str, Any]]) -> Iterator[tuple[float, int]]:
    """When each batch of a worker's lines was logged, on the log's clock, and of how many requests it was."""
    for line in lines:
        if line.get("event") == "batch" and isinstance(ids := line.get("request_ids"), list):
            try:
                at = _at(line)
            except (TypeError, ValueError):
                continue  # it does not say when that was
            yield at, len(ids)


def line_of(request_id: str, log: Path) -> RequestLine | None:
    """What a coordinator logged of one request, found without reading what it logged of all others."""
    if not log.is_file() or not log.stat().st_size:
        return None
    wanted = request_id.encode()
    with log.open("rb") as opened, mmap(opened.fileno(), 0, access=ACCESS_READ) as content:
        at = content.find(wanted)
        while at >= 0:
            start, end = content.rfind(b"\n", 0, at) + 1, content.find(b"\n", at)
            end = len(content) if end < 0 else end
            with suppress(ValueError):
                found = coordinator_log([orjson.loads(content[start:end])]).requests
                if found and found[0].request_id == request_id:
                    return found[0]
            at = content.find(wanted, end)
    return None


def _request(line: Mapping[str, Any], shown: dict[str, str]) -> RequestLine:
    told = line.get
    ended_at = _at(line)
    admitted_at = ended_at - told("latency_ms", 0.0) / 1000
    text = told("input", "")
    attempts = [
        Attempt(
            each["worker"],
            each["size"],
            admitted_at + each["sent_ms"] / 1000,
            ended_at if each["ended_ms"] is None else admitted_at + each["ended_ms"] / 1000,
            each["cause"],
        )
        for each in told("attempts", ())
    ]
    return RequestLine(
        *(line["request_id"], shown.setdefault(text, text), told("success") is True, told("worker"), told("error")),
        *(admitted_at, ended_at, told("retries", 0), tuple(attempts)),
    )


def _at(line: Mapping[str, Any]) -> float:
    """Seconds since 1970; 0 of a line that does not say when it was written."""
    return datetime.fromisoformat(line["timestamp"]).timestamp() if "timestamp" in line else 0.0
