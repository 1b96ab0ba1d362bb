"""Logs as they lie in a run directory: read in blocks, for one may have a line for each of a million requests.

Of a block in which every line is what it should be no line is looked at twice; any other is read line by line, as
`reports.logs` has it, which says what such a line counts for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson

from reports.lines import BLOCK, undisturbed
from reports.logs import (
    Attempt,
    BatchLine,
    CoordinatorLog,
    MembershipLine,
    RequestLine,
    WorkerLog,
    batch_sizes,
    coordinator_log,
    worker_log,
)


class _Attempt(msgspec.Struct, frozen=True, gc=False):
    worker: str
    size: int
    sent_ms: float
    ended_ms: float | None
    cause: str | None


class _Line(msgspec.Struct, frozen=True, gc=False):
    """Of a coordinator: what a line of any event says of what those two say that are read."""

    event: str | None = None
    timestamp: datetime | None = None
    lines_lost: int = 0
    request_id: str | None = None
    input: str = ""
    success: Any = None
    worker: str | None = None
    error: str | None = None
    latency_ms: float = 0.0
    retries: int = 0
    attempts: tuple[_Attempt, ...] = ()
    state: str | None = None


class _Batch(msgspec.Struct, frozen=True, gc=False):
    """Of a worker, likewise."""

    event: str | None = None
    timestamp: datetime | None = None
    lines_lost: int = 0
    request_ids: tuple[str, ...] | None = None
    outputs: tuple[str | None, ...] | None = None


class _Sizes(msgspec.Struct, frozen=True, gc=False):
    """The same, less what nobody asks for who asks for nothing but sizes."""

    event: str | None = None
    timestamp: datetime | None = None
    request_ids: tuple[str, ...] | None = None


class _Unusual(ValueError):
    """A block has a line that only reading it by itself does justice to."""


LINES: Final = msgspec.json.Decoder(_Line).decode_lines
NEW: Final = tuple.__new__
BATCHES: Final = msgspec.json.Decoder(_Batch).decode_lines
SIZES: Final = msgspec.json.Decoder(_Sizes).decode_lines


def objects(lines: Iterable[bytes]) -> Iterator[Mapping[str, Any]]:
    """Lines that are JSON objects; others are passed over."""
    for line in lines:
        if not line.startswith(b"{"):
            continue  # a stack trace or a library's own words
        try:
            yield orjson.loads(line)
        except ValueError:
            continue  # the process was killed in the middle of this line


def read_coordinator_log(path: Path) -> CoordinatorLog:
    """The same as `coordinator_log` of its lines. Raises OSError where it cannot be read."""
    requests: list[RequestLine] = []
    memberships: list[MembershipLine] = []
    lost = 0
    shown: dict[str, str] = {}  # texts come again and again; each is kept once
    with undisturbed():
        for block in _blocks(path):
            try:
                part = _coordinator(LINES(b"".join(block)), shown)
            except (msgspec.MsgspecError, ValueError):
                part = coordinator_log(objects(block))
            requests += part.requests
            memberships += part.memberships
            lost += part.lost
    return CoordinatorLog(tuple(requests), tuple(memberships), lost)


def read_worker_log(worker: str, path: Path) -> WorkerLog:
    """The same as `worker_log` of its lines. Raises OSError where it cannot be read."""
    batches: list[BatchLine] = []
    lost = 0
    with undisturbed():
        for block in _blocks(path):
            try:
                part = _worker(worker, BATCHES(b"".join(block)))
            except (msgspec.MsgspecError, ValueError):
                part = worker_log(worker, objects(block))
            batches += part.batches
            lost += part.lost
    return WorkerLog(tuple(batches), lost)


def read_batch_sizes(path: Path) -> Iterator[tuple[float, int]]:
    """The same as `batch_sizes` of its lines. Raises OSError where it cannot be read."""
    for block in _blocks(path):
        try:
            lines = SIZES(b"".join(block))
        except (msgspec.MsgspecError, ValueError):
            yield from batch_sizes(objects(block))
        else:
            yield from (
                (_at(line), len(line.request_ids))
                for line in lines
                if line.event == "batch" and line.request_ids is not None
            )


def _blocks(path: Path) -> Iterator[list[bytes]]:
    with path.open("rb") as lines:
        while block := lines.readlines(BLOCK):
            yield block


def _coordinator(lines: Iterable[_Line], shown: dict[str, str]) -> CoordinatorLog:
    """In one piece, and past what a named tuple does to be made: there may be a million attempts."""
    requests: list[RequestLine] = []
    memberships: list[MembershipLine] = []
    lost = 0
    for line in lines:
        lost += line.lines_lost
        if line.event == "request":
            if line.request_id is None:
                raise _Unusual
            ended_at = 0.0 if line.timestamp is None else line.timestamp.timestamp()
            admitted_at = ended_at - line.latency_ms / 1000
            attempts = [
                NEW(
                    Attempt,
                    (
                        each.worker,
                        each.size,
                        admitted_at + each.sent_ms / 1000,
                        ended_at if each.ended_ms is None else admitted_at + each.ended_ms / 1000,
                        each.cause,
                    ),
                )
                for each in line.attempts
            ]
            request = NEW(
                RequestLine,
                (
                    line.request_id,
                    shown.setdefault(line.input, line.input),
                    line.success is True,
                    line.worker,
                    line.error,
                    admitted_at,
                    ended_at,
                    line.retries,
                    tuple(attempts),
                ),
            )
            requests.append(request)
        elif line.event == "membership":
            if line.worker is None or line.state is None:
                raise _Unusual
            memberships.append(MembershipLine(_at(line), line.worker, line.state))
    return CoordinatorLog(tuple(requests), tuple(memberships), lost)


def _worker(worker: str, lines: Iterable[_Batch]) -> WorkerLog:
    batches: list[BatchLine] = []
    lost = 0
    for line in lines:
        lost += line.lines_lost
        if line.event == "batch":
            if line.request_ids is None:
                raise _Unusual
            batches.append(BatchLine(_at(line), worker, line.request_ids, line.outputs))
    return WorkerLog(tuple(batches), lost)


def _at(line: _Line | _Batch | _Sizes) -> float:
    """Seconds since 1970; 0 of a line that does not say when it was written."""
    return 0.0 if line.timestamp is None else line.timestamp.timestamp()
