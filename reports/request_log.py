"""The log of requests that ended, as /recent_requests tells it: merged from several answers, searched, as a table.

Newest first throughout, as the coordinator tells it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Final, Literal, Self

import pandas as pd

from reports.history import OpType
from reports.series import LatencyPoint

CUT: Final = "…"  # how the coordinator ends an input that it shows in part

Ending = Literal["answered", "failed", "retried"]


@dataclass(frozen=True, slots=True)
class Ended:
    """One request that ended. `admitted_s` is seconds since the epoch."""

    admitted_s: float
    request_id: str
    output: str | None
    latency_ms: float
    retries: int
    worker: str | None
    error: str | None
    success: bool
    score: float | None
    input: str

    @classmethod
    def of_json(cls, said: Mapping[str, Any]) -> Self:
        """Raises KeyError or ValueError for something that is no entry of /recent_requests."""
        return cls(
            admitted_s=datetime.fromisoformat(said["timestamp"]).timestamp(),
            request_id=str(said["request_id"]),
            output=said["output"],
            latency_ms=float(said["latency_ms"]),
            retries=int(said["retries"]),
            worker=said["worker"],
            error=said["error"],
            success=bool(said["success"]),
            score=said.get("score"),
            input=str(said["input"]),
        )


@dataclass(frozen=True, slots=True)
class Search:
    """What to show of a log. Nothing given shows all; words are sought in every text, whatever their case."""

    words: str = ""
    ending: Ending | None = None
    workers: tuple[str, ...] = ()
    at_least_ms: float = 0.0


def merged(newer: Sequence[Ended], older: Sequence[Ended], at_most: int) -> tuple[Ended, ...]:
    """Both, each request once, and no more than `at_most`."""
    seen = {each.request_id for each in newer}
    return (*newer, *(each for each in older if each.request_id not in seen))[:at_most]


def found(log: Iterable[Ended], search: Search) -> tuple[Ended, ...]:
    """Those that everything in `search` applies to."""
    words = search.words.casefold().split()
    return tuple(
        each
        for each in log
        if each.latency_ms >= search.at_least_ms
        and (not search.workers or each.worker in search.workers)
        and _ended(each, search.ending)
        and _says(each, words)
    )


def table(log: Sequence[Ended]) -> pd.DataFrame:
    """A row each, with the names of the REST surface; times are UTC."""
    frame = pd.DataFrame([asdict(each) for each in log], columns=[field.name for field in fields(Ended)])
    frame.insert(0, "time", pd.to_datetime(frame.pop("admitted_s"), unit="s", utc=True))
    return frame


def csv(log: Sequence[Ended]) -> str:
    """The same table for a spreadsheet. A text that a spreadsheet would compute is quoted with an apostrophe."""
    frame = table(log)
    for name in ("input", "error", "worker", "output"):
        frame[name] = [_inert(text) if isinstance(text, str) else text for text in frame[name]]
    return str(frame.to_csv(index=False))


def points(log: Iterable[Ended], began_s: float) -> tuple[LatencyPoint, ...]:
    """For a chart that begins at `began_s`: where each was admitted, oldest first, those before it left out."""
    return tuple(
        LatencyPoint(
            each.admitted_s - began_s, each.latency_ms, OpType.OK if each.success else OpType.FAIL, each.retries
        )
        for each in sorted(log, key=lambda each: each.admitted_s)
        if each.admitted_s >= began_s
    )


def _ended(each: Ended, ending: Ending | None) -> bool:
    match ending:
        case None:
            return True
        case "answered":
            return each.success
        case "failed":
            return not each.success
        case "retried":
            return each.retries > 0


def _says(each: Ended, words: Sequence[str]) -> bool:
    if not words:
        return True
    texts = (each.request_id, each.input, each.output, each.worker, each.error)
    said = " ".join(text for text in texts if text).casefold()
    return all(word in said for word in words)


def _inert(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
