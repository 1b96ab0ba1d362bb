"""One request from its due time to its answer: how long it queued, who had it, what became of each attempt.

The client's part comes from the history, the coordinator's from its log, whose clock is another one. The two are held
together by what must be true: no request is admitted before it is sent, and none is answered before it has ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal

from reports.history import OpType, Request
from reports.logs import RequestLine, coordinator_log
from reports.record import Record

Tone = Literal["good", "bad", "unknown", "muted"]

CLIENT: Final = "client"
QUEUE: Final = "queue"
TONES: Final[Mapping[OpType, Tone]] = {OpType.OK: "good", OpType.FAIL: "bad", OpType.INFO: "unknown"}
WORDS: Final = {OpType.OK: "answered", OpType.FAIL: "failed", OpType.INFO: "unknown"}
SAMPLED: Final = 4000
SHORTEST_S: Final = 1e-6  # a wait shorter than this is none


@dataclass(frozen=True, slots=True)
class Step:
    """What happened to a request in [start_s, end_s), seconds of the run, at `place`: client, queue or a worker."""

    place: str
    words: str
    start_s: float
    end_s: float
    tone: Tone

    @property
    def ms(self) -> float:
        return (self.end_s - self.start_s) * 1000


def clock_offset(requests: Iterable[Request], lines: Iterable[RequestLine]) -> float | None:
    """What to subtract from the log's clock to have the run's; None where no request is in both.

    In the middle of what causality allows, which is narrower than the quickest round trip.
    """
    by_id = {line.request_id: line for line in lines}
    at_least, at_most = [], []
    for request in requests:
        line = by_id.get(request.request_id or "")
        if line is None or request.completed_s is None:
            continue
        at_least.append(line.ended_at - request.completed_s)
        at_most.append(line.admitted_at - request.invoked_s)
    if not at_least:
        return None
    low, high = max(at_least), min(at_most)
    return (low + high) / 2


def run_offset(record: Record, coordinator: str = "coordinator") -> float | None:
    """`clock_offset` of a run; of a long one from its first `SAMPLED` requests, which is as good."""
    columns = record.columns
    rows = zip(columns.invoked_op[:SAMPLED].tolist(), columns.op[:SAMPLED].tolist(), strict=True)
    requests = [record.history.request(asked, None if op == asked else op) for asked, op in rows]
    logged = (line for line in record.log(coordinator) if line.get("event") == "request")
    return clock_offset(requests, coordinator_log(islice(logged, SAMPLED)).requests)


def waterfall(request: Request, line: RequestLine | None, offset_s: float | None) -> tuple[Step, ...]:
    """The steps in the order of their beginning. Without a log line only the client's view is there.

    A request that never came back ends where it is last known: its last attempt, or the moment it was sent.
    """
    coordinators = () if line is None or offset_s is None else tuple(_coordinators(line, offset_s))
    last_s = max([request.invoked_s, *(step.end_s for step in coordinators)])
    end_s = last_s if request.completed_s is None else request.completed_s
    steps = [Step(CLIENT, WORDS[request.outcome], request.invoked_s, end_s, TONES[request.outcome])]
    if request.invoked_s - request.due_s > SHORTEST_S:
        steps.insert(0, Step(CLIENT, "sent late", request.due_s, request.invoked_s, "muted"))
    return tuple(sorted((*steps, *coordinators), key=lambda step: (step.start_s, step.place != CLIENT)))


def _coordinators(line: RequestLine, offset_s: float) -> Iterable[Step]:
    attempts = sorted(line.attempts, key=lambda attempt: attempt.sent_at)
    yield from _waits(line, offset_s)
    for number, attempt in enumerate(attempts, start=1):
        became = "answered" if attempt.cause is None else attempt.cause.replace("_", " ")
        yield Step(
            attempt.worker,
            f"attempt {number}: {became}",
            attempt.sent_at - offset_s,
            attempt.ended_at - offset_s,
            "good" if attempt.cause is None else "bad",
        )


def _waits(line: RequestLine, offset_s: float) -> Iterable[Step]:
    """The times in which no worker had it."""
    free_from = line.admitted_at
    for start, end in [*_busy(line), (line.ended_at, line.ended_at)]:
        if start - free_from > SHORTEST_S:
            yield Step(QUEUE, "queued", free_from - offset_s, start - offset_s, "muted")
        free_from = max(free_from, end)


def _busy(line: RequestLine) -> Sequence[tuple[float, float]]:
    return sorted((attempt.sent_at, attempt.ended_at) for attempt in line.attempts)
