"""The record of a run: operations in the order they happened, and the requests they make up.

A history is a list of `Op` in index order, after Jepsen's (jepsen-io/history): asking and answering are two ops,
joined by the process that did both, and a process has at most one op open. Four kinds of process write into it:

    0, 1, 2 …    clients; `invoke` when a request is sent, then `ok`, `fail` or `info`
    "nemesis"    faults; `info` ops that share the fault's id (see reports/windows.py)
    "observer"   what the system said of itself (`f` is "status"), sampled throughout
    "recorder"   one last op, whose `f` is "end": without it, whoever wrote the history was stopped

On disk a history is one JSON object per line with exactly the field names of `Op`, or a table of the same columns
(reports/tables.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import orjson

NEMESIS: Final = "nemesis"
OBSERVER: Final = "observer"
RECORDER: Final = "recorder"
END: Final = "end"
NANOSECONDS: Final = 1_000_000_000


class OpType(StrEnum):
    """What is known once the op is written: asked, certainly answered, certainly not done, unknown."""

    INVOKE = "invoke"
    OK = "ok"
    FAIL = "fail"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Op:
    """One event. `time` is in nanoseconds of the monotonic clock since the run began; `value` is JSON."""

    index: int
    time: int
    process: int | str
    type: OpType
    f: str
    value: Mapping[str, Any] | None = None
    error: str | None = None

    @property
    def time_s(self) -> float:
        return self.time / NANOSECONDS

    def to_json(self) -> bytes:
        """One line of history.jsonl, newline included."""
        return orjson.dumps(
            {
                "index": self.index,
                "time": self.time,
                "process": self.process,
                "type": self.type.value,
                "f": self.f,
                "value": self.value,
                "error": self.error,
            },
            option=orjson.OPT_APPEND_NEWLINE,
        )

    @classmethod
    def from_json(cls, line: bytes | str) -> Op:
        """Raises ValueError when the line is not one op."""
        match orjson.loads(line):
            case {
                "index": int(index),
                "time": int(time),
                "process": int() | str() as process,
                "type": str(kind),
                "f": str(f),
                "value": dict() | None as value,
                "error": str() | None as error,
            }:
                return cls(index, time, process, OpType(kind), f, value, error)
            case _:
                raise ValueError(f"not an op: {line!r}")


@dataclass(frozen=True, slots=True)
class Request:
    """One request as its client saw it. `completed` is None when the run ended before any answer."""

    invoked: Op
    completed: Op | None

    @property
    def outcome(self) -> OpType:
        """OK, FAIL or INFO; an answer that never came is INFO: nobody can say whether it was executed."""
        return OpType.INFO if self.completed is None else self.completed.type

    @property
    def op(self) -> int:
        """The index that evidence points at: of its answer, or of the asking where none came."""
        return (self.completed or self.invoked).index

    @property
    def value(self) -> Mapping[str, Any]:
        """What was asked: `input`, and whatever else the client kept of it."""
        return self.invoked.value or {}

    @property
    def input(self) -> str:
        return str(self.value.get("input", ""))

    @property
    def answer(self) -> Mapping[str, Any]:
        """What came back: `request_id`, `output`, `worker`, `retries` and whatever else the client kept."""
        return (self.completed.value if self.completed else None) or {}

    @property
    def request_id(self) -> str | None:
        """None where the system told none, or something that is none."""
        told = self.answer.get("request_id")
        return told if isinstance(told, str) else None

    @property
    def label(self) -> str:
        """How a message names this request: its id where the system told one, else its op."""
        return self.request_id or f"op {self.invoked.index}"

    @property
    def tells_retries(self) -> bool:
        return isinstance(self.answer.get("retries"), int)

    @property
    def retries(self) -> int:
        """0 where nobody told."""
        return int(self.answer["retries"]) if self.tells_retries else 0

    @property
    def scheduled(self) -> bool:
        """Whether the workload fixed beforehand when it was due, which a closed loop does not."""
        return "due_s" in (self.invoked.value or {})

    @property
    def due_s(self) -> float:
        """When the workload wanted it sent, in seconds; the moment it was sent where that is not recorded."""
        return float((self.invoked.value or {}).get("due_s", self.invoked.time_s))

    @property
    def invoked_s(self) -> float:
        return self.invoked.time_s

    @property
    def completed_s(self) -> float | None:
        return None if self.completed is None else self.completed.time_s

    @property
    def latency_s(self) -> float | None:
        """From when it was due, not sent, so that a load generator that falls behind hides nothing."""
        return None if self.completed is None else self.completed.time_s - self.due_s


class History:
    """Ops of one run in index order. Iterable, sized, and indexable by op index."""

    def __init__(self, ops: Iterable[Op]) -> None:
        self.ops: tuple[Op, ...] = tuple(ops)

    def __iter__(self) -> Iterator[Op]:
        return iter(self.ops)

    def __len__(self) -> int:
        return len(self.ops)

    def __getitem__(self, index: int) -> Op:
        return self.ops[index]

    def of(self, process: str, f: str | None = None) -> tuple[Op, ...]:
        """The ops of `nemesis` or `observer`, narrowed to one `f` where given."""
        return tuple(op for op in self.ops if op.process == process and (f is None or op.f == f))

    @cached_property
    def requests(self) -> tuple[Request, ...]:
        """Every request, in the order of asking. Raises ValueError on an answer nobody asked for."""
        open_ops: dict[int, Op] = {}
        pairs: dict[int, Request] = {}
        for op in self.ops:
            if not isinstance(op.process, int):
                continue
            if op.type is OpType.INVOKE:
                if op.process in open_ops:
                    raise ValueError(f"op {op.index}: client {op.process} asks again before its answer came")
                open_ops[op.process] = op
                pairs[op.index] = Request(op, None)
            elif (asked := open_ops.pop(op.process, None)) is None:
                raise ValueError(f"op {op.index}: client {op.process} was answered without having asked")
            else:
                pairs[asked.index] = Request(asked, op)
        return tuple(pairs.values())

    @property
    def duration_s(self) -> float:
        return self.ops[-1].time_s if self.ops else 0.0

    @property
    def whole(self) -> bool:
        """Whether it was written to its end. What a half-written one lacks, nobody knows to have happened or not."""
        return bool(self.ops) and self.ops[-1].process == RECORDER and self.ops[-1].f == END


def read_jsonl(path: Path) -> History:
    """Read a history file, also one whose writer was killed: a last line that is cut off is left out.

    Raises ValueError, naming file and line, when any other line is not an op or is out of its place.
    """
    ops: list[Op] = []
    with path.open("rb") as lines:
        for number, line in enumerate(lines):
            try:
                op = Op.from_json(line)
            except ValueError as problem:
                if not line.endswith(b"\n"):
                    break  # the writer was stopped in the middle of this line
                raise ValueError(f"{path}, line {number + 1}: {problem}") from problem
            if op.index != number:  # evidence points at ops by index: a gap would make it point at others
                raise ValueError(f"{path}, line {number + 1}: op {op.index} where op {number} belongs")
            ops.append(op)
    return History(ops)
