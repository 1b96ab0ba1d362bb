"""A run made up in full, so that pages and charts have everything in them that a real run may hold.

Three workers under 75 requests a second for 20 s. worker1 is killed at 5 s and back at 9 s: what it held is tried
again and answered. From 12 s to 14 s the client's link is cut: some requests are refused, some time out, one is never
heard of again.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from reports.history import NANOSECONDS, NEMESIS, OBSERVER, History, Op, OpType
from reports.record import Record
from reports.verdict import Finding, Verdict

RATE = 75
SECONDS = 20.0
HOSTILE = "<script>alert(1)</script>"
HOSTILE_CLIENT = 3
WORKERS = ("worker1", "worker2", "worker3")

FACTS: Mapping[str, Any] = {
    "scenario": "a worker crash loses nothing",
    "substrate": "local",
    "seed": 20260117,
    "started": "2026-01-17T09:31:04Z",
    "versions": {"brownout": "0.1.0", "python": "3.11.4", "onnxruntime": "1.23.2"},
    "git": {"commit": "4f1c2d9", "dirty": False},
    "machine": {"cores": 2, "system": "Linux 6.1"},
    "system": {
        "name": "bundled",
        "nodes": [{"name": "coordinator", "capacity": 0}, *({"name": name, "capacity": 1} for name in WORKERS)],
        "settings": {"worker_timeout_s": 3.0, "batch_size": 3},
    },
    "replay": "brownout replay reports/runs/20260117T093104.000Z-a-worker-crash-loses-nothing",
    "workload": {"kind": "poisson", "rate": RATE, "seconds": SECONDS},
}

FINDINGS = (
    Finding("retries_explained", Verdict.HELD, "14 retries, all while worker1 was down", (), {"retries": 14}),
    Finding(
        "no_loss",
        Verdict.VIOLATED,
        "3 of 1,500 requests were not answered: op 1802, op 1804, op 1806",
        (1802, 1804, 1806),
        {"asked": 1500, "lost": 3},
    ),
    Finding("recovers_within", Verdict.INCONCLUSIVE, "the run ended before it could be told", (), {"within_s": 3.0}),
)

FIGURES: Mapping[str, Any] = {
    "requests": 1500,
    "ok": 1490,
    "failed": 6,
    "unknown": 4,
    "goodput_rps": 74.5,
    "p50_ms": 21.4,
    "p99_ms": 812.0,
    "retries": 14,
}

SCHEDULE: Mapping[str, Any] = {
    "version": 1,
    "seed": 20260117,
    "faults": [
        {"kind": "crash", "target": "worker1", "parameters": {}, "start_s": 5.0, "end_s": 9.0},
        {
            "kind": "blackhole",
            "target": "client→coordinator",
            "parameters": {"direction": "both"},
            "start_s": 12.0,
            "end_s": None,
        },
    ],
}


def record(requests: int = int(RATE * SECONDS), *, target: str = "client→coordinator") -> Record:
    """The run above; a text that would be a script stands among the inputs."""
    rng = random.Random(7)
    killed, cut = (
        {"id": "f1", "kind": "crash", "target": "worker1"},
        {"id": "f2", "kind": "blackhole", "target": target},
    )
    ops = [
        *_fault({**killed, "takes_out": ["worker1"]}, 5.0, 9.0, {"bit": True, "evidence": "process 4711 is gone"}),
        *_fault({**cut, "takes_out": WORKERS}, 12.0, 14.0, {"bit": False, "evidence": "an answer came through it"}),
    ]
    for client in range(requests):
        due_s = SECONDS * client / requests
        sentence = HOSTILE if client == HOSTILE_CLIENT else f"sentence {client}"
        asked = {"input": sentence, "expected": "POSITIVE", "due_s": due_s}
        ops += [_op(due_s + 0.0005, client, OpType.INVOKE, "infer", asked), *_ended(client, due_s, rng)]
    ops += [
        _op(second, OBSERVER, OpType.OK, "status", {"tasks_submitted": second * RATE, "pending": 0})
        for second in range(int(SECONDS))
    ]
    ordered = sorted(ops, key=lambda op: op.time)
    return Record(FACTS, History(replace(op, index=index) for index, op in enumerate(ordered)), SCHEDULE)


def quiet() -> Record:
    """A run whose load never began."""
    return Record({}, History(()))


def _ended(client: int, due_s: float, rng: random.Random) -> Iterator[Op]:
    latency_s = rng.lognormvariate(math.log(0.021), 0.35)
    if 12.0 <= due_s < 12.1:
        yield _op(due_s + 0.002, client, OpType.FAIL, "infer", error="connection refused")
    elif 13.0 <= due_s < 13.05:
        yield _op(due_s + 4.0, client, OpType.INFO, "infer", error="no answer within 4 s")
    elif not 13.9 <= due_s < 13.91:
        retries = int(5.0 <= due_s < 5.2)
        alive = WORKERS[1:] if 5.0 <= due_s < 9.5 else WORKERS
        answer = {"request_id": f"id-{client}", "output": "POSITIVE", "worker": rng.choice(alive), "retries": retries}
        waited_s = 14.0 - due_s if 12.0 <= due_s < 14.0 else 0.4 * retries
        yield _op(due_s + latency_s + waited_s, client, OpType.OK, "infer", answer)


def _fault(inject: Mapping[str, Any], start_s: float, end_s: float, evidence: Mapping[str, Any]) -> Iterator[Op]:
    name = {"id": inject["id"]}
    yield _op(start_s, NEMESIS, OpType.INFO, "inject", inject)
    yield _op(start_s + 0.05, NEMESIS, OpType.INFO, "injected", name)
    yield _op(start_s + 0.2, NEMESIS, OpType.INFO, "evidence", {**name, **evidence})
    yield _op(end_s - 0.1, NEMESIS, OpType.INFO, "heal", name)
    yield _op(end_s, NEMESIS, OpType.INFO, "healed", name)


def _op(
    time_s: float,
    process: int | str,
    kind: OpType,
    f: str,
    value: Mapping[str, Any] | None = None,
    *,
    error: str | None = None,
) -> Op:
    return Op(0, round(time_s * NANOSECONDS), process, kind, f, value, error)
