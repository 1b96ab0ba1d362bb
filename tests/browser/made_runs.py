"""Run directories as scenarios leave them, made without running any: one in full, hundreds in short, some broken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from msgspec.structs import replace

from reports.directory import RunDirectory
from reports.history import OBSERVER, Op, OpType
from reports.measure import figures
from reports.verdict import Finding, Verdict
from tests.reports.generated import FACTS, SCHEDULE, WORKERS, record

STARTED = datetime(2026, 1, 17, 9, 31, tzinfo=UTC)
HOSTILE = "<script>window.hacked = 1</script>"


def full_run(runs: Path, number: int = 0, **facts: Any) -> RunDirectory:
    """The run of `tests.reports.generated`, with the log of a coordinator that redirected some of its requests."""
    run = record()
    directory = RunDirectory.create(
        runs, str(facts.get("scenario", "a worker crash")), STARTED + timedelta(hours=number)
    )
    directory.write_run({**FACTS, **facts})
    directory.write_schedule(SCHEDULE)
    directory.history.write_bytes(b"".join(_observed(op).to_json() for op in run.history))
    (directory.logs / "coordinator.log").write_bytes(b"".join(_lines(run)))
    failed = [each.op for each in run.requests if each.outcome is OpType.FAIL]
    retried = [each.op for each in run.requests if each.retries]
    hostile = f" {HOSTILE}" if facts.get("scenario") == HOSTILE else ""
    findings = (
        Finding("no_loss", Verdict.VIOLATED, f"{len(failed)} requests were lost", tuple(failed), {"lost": len(failed)}),
        Finding(
            "retries_explained",
            Verdict.HELD,
            f"{len(retried)} retries, all while worker1 was down{hostile}",
            tuple(retried),
        ),
    )
    judged(directory, Verdict.VIOLATED, findings, figures(run.requests).to_json())
    return directory


def judged(directory: RunDirectory, verdict: Verdict, findings: tuple[Finding, ...], told: dict[str, Any]) -> None:
    directory.write_verdicts(
        {
            "run": directory.name,
            "verdict": verdict.value,
            "invariants": [each.to_json() for each in findings],
            "faults": [],
            "figures": told,
        }
    )


def short_run(runs: Path, number: int) -> RunDirectory:
    started = STARTED + timedelta(minutes=number)
    directory = RunDirectory.create(runs, f"scenario {number % 7}", started)
    facts = {"scenario": f"scenario {number % 7}", "substrate": "local", "seed": number}
    directory.write_run({**facts, "started": started.isoformat(timespec="milliseconds")})
    verdict = list(Verdict)[number % 3]
    told = {
        "requests": 100,
        "ok": 100,
        "failed": 0,
        "unknown": 0,
        "retries": number % 4,
        "goodput_rps": 40.0 + number % 5,
        "p99_ms": 100.0 + number % 9,
    }
    judged(directory, verdict, (Finding("no_loss", verdict, "as made"),), told)
    return directory


def broken_run(runs: Path) -> RunDirectory:
    directory = RunDirectory.create(runs, "broken", STARTED + timedelta(days=40))
    (directory.path / "run.json").write_text("{")
    return directory


def _observed(op: Op) -> Op:
    """A sample of the observer with what it would have been told of the workers."""
    if op.process != OBSERVER:
        return op
    state = "down" if 5.0 <= op.time_s < 9.0 else "trial" if 9.0 <= op.time_s < 10.0 else "up"
    workers = [
        {
            "id": name,
            "state": state if name == "worker1" else "up",
            "in_flight": int(name != "worker1" or state == "up"),
        }
        for name in WORKERS
    ]
    held_back = 75 if 12.0 <= op.time_s < 14.0 else 0
    return replace(op, value={**(op.value or {}), "workers": workers, "queue_length": held_back})


def _lines(run: Any) -> list[bytes]:
    """As if the coordinator had heard of each request half a millisecond after it was sent."""
    lines = []
    for request in run.requests:
        if request.request_id is None or request.completed_s is None:
            continue
        took_ms = (request.completed_s - request.invoked_s) * 1000 - 1.0
        attempts = [
            {"worker": "worker1", "size": 3, "sent_ms": 0.1, "ended_ms": took_ms * 0.9, "cause": "cut"}
            for _ in range(request.retries)
        ]
        sent_ms = took_ms * 0.95 if attempts else 0.1
        worker = request.answer["worker"]
        attempts.append({"worker": worker, "size": 1, "sent_ms": sent_ms, "ended_ms": took_ms, "cause": None})
        ended = datetime.fromtimestamp(STARTED.timestamp() + request.completed_s - 0.0005, UTC)
        line = {
            "event": "request",
            "timestamp": ended.isoformat(),
            "request_id": request.request_id,
            "input": request.input,
            "success": True,
            "worker": worker,
            "latency_ms": took_ms,
            "retries": request.retries,
            "error": None,
            "attempts": attempts,
        }
        lines.append(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
    return lines
