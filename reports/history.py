"""The record of a run: operations in the order they happened, and the requests they make up.

A history is a list of `Op` in index order, after Jepsen's (jepsen-io/history): asking and answering are two ops,
joined by the process that did both, and a process has at most one op open. Five kinds of process write into it:

    0, 1, 2 …    clients; `invoke` when a request is sent, then `ok`, `fail` or `info`
    "nemesis"    faults; `info` ops that share the fault's id (see reports/windows.py)
    "observer"   what the system said of itself (`f` is `status_of` a node), sampled throughout
    "machine"    how much the machine itself was in the way (see reports/noise.py)
    "recorder"   one last op, whose `f` is "end": without it, whoever wrote the history was stopped

On disk a history is one JSON object per line with exactly the field names of `Op` (reports/lines.py), or a table of the
same columns (reports/tables.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

import msgspec
import orjson

NEMESIS: Final = "nemesis"
OBSERVER: Final = "observer"
MACHINE: Final = "machine"
RECORDER: Final = "recorder"
END: Final = "end"
NANOSECONDS: Final = 1_000_000_000
UNAVAILABLE: Final = 503  # in answer to more than can be done
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


def status_of(node: str | None) -> str:
    """The `f` of what a node said of itself; None where only one is asked."""
    return "status" if node is None else f"status of {node}"


def said_of_itself(f: str) -> str | None:
    """The node that `status_of` was given for it."""
    return f.removeprefix(status_of("")) if f.startswith(status_of("")) else None


class OpType(StrEnum):
    """What is known once the op is written: asked, certainly answered, certainly not done, unknown."""

    INVOKE = "invoke"
    OK = "ok"
    FAIL = "fail"
    INFO = "info"


class Op(msgspec.Struct, frozen=True):
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
class Columns:
    """A history turned on its side, a list for each field of its ops: of a million of them, few are ever looked at."""

    index: Sequence[int]
    time: Sequence[int]
    process: Sequence[int | str]
    type: Sequence[OpType]
    f: Sequence[str]
    value: Sequence[Mapping[str, Any] | None]
    error: Sequence[str | None]

    @classmethod
    def of(cls, ops: Sequence[Op]) -> Columns:
        return cls(
            [op.index for op in ops],
            [op.time for op in ops],
            [op.process for op in ops],
            [op.type for op in ops],
            [op.f for op in ops],
            [op.value for op in ops],
            [op.error for op in ops],
        )

    def op(self, at: int) -> Op:
        return Op(
            *(self.index[at], self.time[at], self.process[at], self.type[at], self.f[at]),
            *(self.value[at], self.error[at]),
        )


class Request(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One request as its client saw it. Nothing of it is ever changed, and nothing that it holds leads back to it.

    `value` is what was asked, `answer` what came back: `request_id`, `output`, `worker`, `retries` and whatever else
    the client kept. `outcome` is OK, FAIL or INFO; an answer that never came is INFO: nobody can say whether it was
    executed. `op` is the index that evidence points at: of the answer, or of the asking where none came. `due_s` is
    when the workload wanted it sent, or when it was sent where that is not recorded; `completed_s` is None when the run
    ended before any answer. `request_id` is None where the system told none, `retries` 0 where it told none.

    What every invariant asks for is worked out beforehand, for each asks it of every request.
    """

    value: Mapping[str, Any]
    answer: Mapping[str, Any]
    outcome: OpType
    op: int
    invoked_s: float
    due_s: float
    completed_s: float | None
    request_id: str | None
    retries: int
    tells_retries: bool
    _columns: Columns
    _invoked_at: int
    _completed_at: int | None

    @classmethod
    def of(cls, invoked: Op, completed: Op | None) -> Request:
        ops = (invoked,) if completed is None else (invoked, completed)
        return cls.at(Columns.of(ops), 0, None if completed is None else 1)

    @classmethod
    def at(cls, columns: Columns, invoked_at: int, completed_at: int | None) -> Request:
        """Whose ops are in these places."""
        return next(cls.each(columns, [invoked_at], [completed_at]))

    @classmethod
    def each(cls, columns: Columns, invoked_at: Sequence[int], completed_at: Sequence[int | None]) -> Iterator[Request]:
        """One for each two places, in one piece: there may be half a million."""
        index, time, kind, values = columns.index, columns.time, columns.type, columns.value
        for asked, answered in zip(invoked_at, completed_at, strict=True):
            value = values[asked] or NOTHING
            invoked_s = time[asked] / NANOSECONDS
            due_s = value.get("due_s")
            last, outcome, completed_s, answer = asked, OpType.INFO, None, NOTHING
            if answered is not None:
                last, outcome, completed_s = answered, kind[answered], time[answered] / NANOSECONDS
                answer = values[answered] or NOTHING
            told, retries = answer.get("request_id"), answer.get("retries")
            yield cls(
                *(value, answer, outcome, index[last], invoked_s, invoked_s if due_s is None else float(due_s)),
                *(completed_s, told if isinstance(told, str) else None),
                *((int(retries), True) if isinstance(retries, int) else (0, False)),
                _columns=columns,
                _invoked_at=asked,
                _completed_at=answered,
            )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Request):
            return NotImplemented
        return (self.invoked, self.completed) == (other.invoked, other.completed)

    def __hash__(self) -> int:
        return hash((self.invoked_s, self.op))

    def __repr__(self) -> str:
        return f"Request({self.invoked!r}, {self.completed!r})"

    @property
    def invoked(self) -> Op:
        return self._columns.op(self._invoked_at)

    @property
    def invoked_op(self) -> int:
        """The index of the asking."""
        return self._columns.index[self._invoked_at]

    @property
    def completed(self) -> Op | None:
        """None when the run ended before any answer."""
        return None if self._completed_at is None else self._columns.op(self._completed_at)

    @property
    def error(self) -> str | None:
        """What came instead of an answer, in words."""
        return None if self._completed_at is None else self._columns.error[self._completed_at]

    @property
    def input(self) -> str:
        return str(self.value.get("input", ""))

    @property
    def due_refusal(self) -> int | None:
        """The status with which the system promises to refuse such an input; None where it is to be answered."""
        due = self.value.get("refused")
        return due if isinstance(due, int) else None

    @property
    def rightly_refused(self) -> bool:
        """Whether it got that status."""
        due = self.value.get("refused")
        return due is not None and self.answer.get("status") == due

    @property
    def refused(self) -> bool:
        """Whether it was turned away as the system promises to: such an input, or nobody for now with when to come
        again. That is no loss, for its client knows that nothing was done.
        """
        if self.outcome is not OpType.FAIL:
            return False
        shed = self.answer.get("status") == UNAVAILABLE and self.answer.get("retry_after") is not None
        return shed or self.rightly_refused

    @property
    def label(self) -> str:
        """How a message names this request: its id where the system told one, else its op."""
        return self.request_id or f"op {self.invoked_op}"

    @property
    def scheduled(self) -> bool:
        """Whether the workload fixed beforehand when it was due, which a closed loop does not."""
        return "due_s" in self.value

    @property
    def latency_s(self) -> float | None:
        """From when it was due, not sent, so that a load generator that falls behind hides nothing."""
        return None if self.completed_s is None else self.completed_s - self.due_s


class History:
    """Ops of one run in index order. Iterable, sized, and indexable by op index."""

    def __init__(self, ops: Iterable[Op] | Columns) -> None:
        if isinstance(ops, Columns):
            self._columns = ops
        else:
            self.__dict__["ops"] = whole = tuple(ops)  # instead of having them made anew
            self._columns = Columns.of(whole)

    @cached_property
    def ops(self) -> tuple[Op, ...]:
        return tuple(map(self._columns.op, range(len(self))))

    def __iter__(self) -> Iterator[Op]:
        return iter(self.ops)

    def __len__(self) -> int:
        return len(self._columns.time)

    def __getitem__(self, index: int) -> Op:
        return self._columns.op(index)

    def of(self, process: str, f: str | None = None) -> tuple[Op, ...]:
        """The ops of `nemesis` or `observer`, narrowed to one `f` where given."""
        return tuple(op for op in self._of_no_client if op.process == process and (f is None or op.f == f))

    @cached_property
    def _of_no_client(self) -> tuple[Op, ...]:
        return tuple(
            self._columns.op(at) for at, process in enumerate(self._columns.process) if not isinstance(process, int)
        )

    @cached_property
    def requests(self) -> tuple[Request, ...]:
        """Every request, in the order of asking. Raises ValueError on an answer nobody asked for."""
        columns, out = self._columns, dict[int, int]()
        asked: list[int] = []
        answered: list[int | None] = []
        for at, (process, kind) in enumerate(zip(columns.process, columns.type, strict=True)):
            if not isinstance(process, int):
                continue
            if kind is OpType.INVOKE:
                if process in out:
                    raise ValueError(f"op {columns.index[at]}: client {process} asks again before its answer came")
                out[process] = len(asked)
                asked.append(at)
                answered.append(None)
            elif (number := out.pop(process, None)) is None:
                raise ValueError(f"op {columns.index[at]}: client {process} was answered without having asked")
            else:
                answered[number] = at
        return tuple(Request.each(columns, asked, answered))

    def request(self, invoked_op: int, op: int | None) -> Request:
        """The one whose asking and end these ops are."""
        return Request.at(self._columns, invoked_op, op)

    @property
    def duration_s(self) -> float:
        return self._columns.time[-1] / NANOSECONDS if len(self) else 0.0

    @property
    def whole(self) -> bool:
        """Whether it was written to its end. What a half-written one lacks, nobody knows to have happened or not."""
        return bool(len(self)) and self._columns.process[-1] == RECORDER and self._columns.f[-1] == END
