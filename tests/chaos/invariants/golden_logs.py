"""Log lines written by hand, as `reports.logs` reads them; times are seconds, of a clock that began in 2026."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def logged(folder: Path, **nodes: list[dict[str, Any]]) -> Path:
    """A folder of logs, one for each node named."""
    folder.mkdir(exist_ok=True)
    for node, lines in nodes.items():
        (folder / f"{node}.log").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def ended(
    request_id: str,
    *,
    admitted: float = 1.0,
    at: float = 1.5,
    success: bool = True,
    worker: str = "worker1",
    text: str = "fine",
    attempts: list[dict[str, Any]] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A request line; of one attempt, from admission to end, unless told otherwise."""
    one = [attempt(worker, 0.0, at - admitted, cause=None if success else "cut")]
    return {
        "timestamp": _iso(at),
        "event": "request",
        "request_id": request_id,
        "input": text,
        "success": success,
        "worker": worker,
        "latency_ms": (at - admitted) * 1000,
        "retries": 0,
        "error": None if success else "timed out",
        "attempts": one if attempts is None else attempts,
        **more,
    }


def attempt(worker: str, sent: float, ended: float, *, size: int = 1, cause: str | None = None) -> dict[str, Any]:
    """`sent` and `ended` count from when the request was admitted."""
    return {"worker": worker, "size": size, "sent_ms": sent * 1000, "ended_ms": ended * 1000, "cause": cause}


def became(worker: str, state: str, *, at: float) -> dict[str, Any]:
    return {"timestamp": _iso(at), "event": "membership", "worker": worker, "state": state}


def computed(
    *request_ids: str, at: float = 1.4, outputs: list[str | None] | None = None, **more: Any
) -> dict[str, Any]:
    """A batch line of the worker in whose log it stands."""
    told = {} if outputs is None else {"outputs": outputs}
    size = len(request_ids)
    return {"timestamp": _iso(at), "event": "batch", "request_ids": request_ids, "size": size, **told, **more}


def _iso(at: float) -> str:
    return (BEGAN + timedelta(seconds=at)).isoformat()
