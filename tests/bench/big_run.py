"""A run directory as large as wanted, written line by line: three workers under 1,000 requests a second, for minutes.

Everything a run of the bundled system leaves is there, logs included, and all of it is in order: worker2 is killed for
two seconds in the middle, and what it held is tried again. `python -m tests.bench.big_run FOLDER OPS` writes one.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from io import BufferedWriter
from pathlib import Path
from typing import Any, Final

import orjson

from chaos.invariants import (
    Invariant,
    answered_once,
    answers_correct,
    batches_within,
    books_balance,
    deadline_respected,
    fair_share,
    faults_bit,
    goodput_at_least,
    latency_below,
    load_on_time,
    logs_complete,
    no_loss,
    no_retry_storm,
    nodes_stay_up,
    queue_bounded,
    reconciled,
    recovers_within,
    retries_explained,
    status_truthful,
    work_conserving,
)
from reports.directory import RunDirectory
from reports.history import END, NANOSECONDS, NEMESIS, OBSERVER, RECORDER, Op, OpType

RATE: Final = 1000
SIZE: Final = 4  # of a batch
BEGAN: Final = datetime(2026, 1, 17, 9, 31, 4, tzinfo=UTC)
WORKERS: Final = ("worker1", "worker2", "worker3")
FACTS: Final[Mapping[str, Any]] = {
    "scenario": "a big run",
    "substrate": "local",
    "seed": 7,
    "started": BEGAN.isoformat(),
    "system": {
        "name": "brownout",
        "nodes": [{"name": "coordinator", "capacity": 0}, *({"name": name, "capacity": 1} for name in WORKERS)],
        "settings": {"worker_timeout_s": 3.0},
    },
}


def everything() -> tuple[Invariant, ...]:
    """All that can be promised of such a run."""
    return (
        *(no_loss(), answered_once(), answers_correct(), books_balance(), retries_explained(), deadline_respected()),
        *(goodput_at_least(0.9), recovers_within(5), latency_below(500), no_retry_storm(), queue_bounded(1000)),
        *(batches_within(SIZE, 0.15), work_conserving(), fair_share(), status_truthful(), logs_complete()),
        *(reconciled(), faults_bit(), load_on_time(), nodes_stay_up()),
    )


def write_big_run(runs: Path, ops: int) -> RunDirectory:
    """About so many ops, half of them answers. Deterministic but for the folder's name."""
    directory = RunDirectory.create(runs, "a big run", BEGAN)
    directory.write_run(FACTS)
    requests = max(RATE, ops // 2)
    killed_s = requests / RATE / 2
    planned = {"kind": "crash", "target": "worker2", "parameters": {}, "start_s": killed_s, "end_s": killed_s + 2}
    directory.write_schedule({"version": 1, "seed": 7, "faults": [planned]})
    with (
        directory.history.open("wb") as history,
        (directory.logs / "coordinator.log").open("wb") as coordinator,
    ):
        workers = {name: (directory.logs / f"{name}.log").open("wb") for name in WORKERS}
        try:
            _Writing(requests, history, coordinator, workers).write()
        finally:
            for log in workers.values():
                log.close()
    return directory


class _Writing:
    def __init__(
        self, requests: int, history: BufferedWriter, coordinator: BufferedWriter, workers: Mapping[str, BufferedWriter]
    ) -> None:
        self._rng = random.Random(7)
        self._requests = requests
        self._history, self._coordinator, self._workers = history, coordinator, workers
        self._killed_s = requests / RATE / 2
        self._index = 0
        self._completed = 0
        self._processed = dict.fromkeys(WORKERS, 0)
        self._free: list[int] = []
        self._clients = 0

    def write(self) -> None:
        for name in WORKERS:
            self._log(self._coordinator, 0.0, "membership", worker=name, state="up", before="starting", reason="")
        pending: list[tuple[float, int, Mapping[str, Any]]] = []
        faults = list(self._faults())
        next_sample_s = 0.1
        for first in range(0, self._requests, SIZE):
            due_s = 0.2 + first / RATE
            while pending and pending[0][0] <= due_s:
                self._answer(*heappop(pending))
            while faults and faults[0][0] <= due_s:
                at, f, value = faults.pop(0)
                self._op(at, NEMESIS, OpType.INFO, f, value)
            if due_s >= next_sample_s:
                next_sample_s += 0.2
                self._sample(due_s, first)
            for at, client, answer in self._batch(due_s, range(first, min(first + SIZE, self._requests))):
                heappush(pending, (at, client, answer))
        ended_s = 0.0
        while pending:
            ended_s = pending[0][0]
            self._answer(*heappop(pending))
        self._sample(ended_s + 0.1, self._requests)
        self._op(ended_s + 0.2, RECORDER, OpType.INFO, END, None)

    def _batch(self, due_s: float, numbers: range) -> Iterator[tuple[float, int, Mapping[str, Any]]]:
        """Asked together and answered together, by whoever is alive; worker2 takes one batch into its grave."""
        turn = (numbers[0] // SIZE) % 3
        killed = self._killed_s <= due_s < self._killed_s + 2.0
        lost = killed and due_s < self._killed_s + 0.004 * 3 and turn == 1
        worker = WORKERS[turn] if not killed or turn != 1 else WORKERS[2 * (numbers[0] // SIZE % 2)]
        took_s = 0.005 + self._rng.expovariate(1 / 0.002)
        sent_s = 0.002 + (0.05 if lost else 0.0)
        at = due_s + sent_s + took_s
        expected = [("POSITIVE", "NEGATIVE")[number % 7 % 2] for number in numbers]
        ids = [f"{self._rng.getrandbits(128):032x}beef" for _ in numbers]
        self._log(
            *(self._workers[worker], at - 0.001, "batch"),
            request_ids=ids,
            outputs=expected,
            size=len(ids),
            queue_ms=0.1,
            compute_ms=took_s * 1000,
        )
        for number, request_id, output in zip(numbers, ids, expected, strict=True):
            text = f"a sentence of some sixty characters, as they are in sst-2: {number % 900}"
            client = self._free.pop() if self._free else self._new_client()
            value = {"input": text, "due_s": round(due_s, 6), "expected": output}
            self._op(due_s, client, OpType.INVOKE, "infer", value)
            sent = {"worker": worker, "size": len(ids), "sent_ms": sent_s * 1000, "ended_ms": (at - due_s) * 1000}
            attempts = [{**sent, "cause": None}]
            if lost:
                attempts.insert(0, {**sent, "worker": "worker2", "sent_ms": 0.1, "ended_ms": 50.0, "cause": "cut"})
            self._log(
                *(self._coordinator, at, "request"),
                request_id=request_id,
                trace_id=None,
                input=text,
                success=True,
                worker=worker,
                latency_ms=round((at - due_s) * 1000, 2),
                retries=int(lost),
                error=None,
                attempts=attempts,
            )
            answer = {"request_id": request_id, "output": output, "worker": worker, "retries": int(lost), "status": 200}
            yield at + 0.001, client, answer

    def _new_client(self) -> int:
        self._clients += 1
        return self._clients - 1

    def _answer(self, at: float, client: int, answer: Mapping[str, Any]) -> None:
        self._completed += 1
        self._processed[answer["worker"]] += 1
        self._free.append(client)
        self._op(at, client, OpType.OK, "infer", answer)

    def _sample(self, at: float, submitted: int) -> None:
        alive = [name for name in WORKERS if name != "worker2" or not self._killed_s <= at < self._killed_s + 2]
        workers = [
            {"id": name, "alive": name in alive, "tasks_processed": number, "state": "up", "in_flight": 0}
            for name, number in self._processed.items()
        ]
        counts = {"tasks_submitted": submitted, "tasks_completed": self._completed, "tasks_failed": 0}
        pending = {"queue_length": 0, "pending": submitted - self._completed}
        self._op(at, OBSERVER, OpType.OK, "status", {"workers": workers, **counts, **pending})

    def _faults(self) -> Iterator[tuple[float, str, Mapping[str, Any]]]:
        at, fault = self._killed_s, {"id": "crash-worker2-1"}
        yield at, "inject", {**fault, "kind": "crash", "target": "worker2", "takes_out": ["worker2"]}
        yield at + 0.01, "injected", fault
        yield at + 0.05, "evidence", {**fault, "bit": True, "evidence": "its process is gone"}
        yield at + 1.9, "heal", fault
        yield at + 2.0, "healed", fault

    def _op(self, at: float, process: int | str, kind: OpType, f: str, value: Mapping[str, Any] | None) -> None:
        self._history.write(Op(self._index, round(at * NANOSECONDS), process, kind, f, value).to_json())
        self._index += 1

    def _log(self, log: BufferedWriter, at: float, event: str, **fields: Any) -> None:
        timestamp = (BEGAN + timedelta(seconds=at)).isoformat()
        log.write(orjson.dumps({**fields, "event": event, "timestamp": timestamp}) + b"\n")


if __name__ == "__main__":
    folder, ops = sys.argv[1:]
    made = write_big_run(Path(folder), int(ops))
    made.write_tables(made.read().history)
    print(made.path)
