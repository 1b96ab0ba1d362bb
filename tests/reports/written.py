"""Histories as Hypothesis writes them: whatever a recorder may have written, however a run went or broke off.

Values are sampled from short lists and moves are drawn in one go, so that a history costs milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from reports.history import NANOSECONDS, NEMESIS, OBSERVER, History, Op, OpType

CALM_CLIENT = 9  # asks before anything else happens in histories that have a steady state
STEPS = ("inject", "injected", "evidence", "heal", "healed")  # the life of a fault, which may break off anywhere
FAULTS: Mapping[str, Mapping[str, Any]] = {
    "f1": {"kind": "crash", "target": "worker1", "takes_out": ["worker1"], "bit": True, "evidence": "gone"},
    "f2": {"kind": "crash", "target": "coordinator", "takes_out": ["worker1", "worker2", "worker3"], "bit": True},
    "f3": {"kind": "latency", "target": "coordinator→worker2", "bit": False, "evidence": "the same as before"},
}
OF_STEP = {"inject": ("kind", "target", "takes_out"), "evidence": ("bit", "evidence")}
# None is a closed loop, which has no due time.
LATE_S = (None, 0.0, 0.001, 0.4)
EXPECTED = (None, "POSITIVE", "NEGATIVE")
INPUTS = ("fine", "", "\x00", "🙂 مرحبا", 'a "quoted"\nline')
OUTCOMES = (OpType.OK, OpType.OK, OpType.OK, OpType.FAIL, OpType.INFO)
ANSWERS: tuple[Mapping[str, Any] | None, ...] = (
    None,
    {},
    {"request_id": "a", "output": "POSITIVE", "worker": "worker1", "retries": 0},
    {"request_id": "b", "output": "NEGATIVE", "worker": "worker2", "retries": 1},
    {"request_id": "c", "output": "POSITIVE", "retries": 3},
    {"request_id": "d", "retries": None},
    {"output": "NEGATIVE"},
)
STATUSES: tuple[Mapping[str, Any] | None, ...] = (
    None,
    {"workers": []},
    {"tasks_submitted": 0, "tasks_completed": 0, "tasks_failed": 0, "pending": 0},
    {"tasks_submitted": 3, "tasks_completed": 2, "tasks_failed": 0, "pending": 1},
    {"tasks_submitted": 2, "tasks_completed": 2, "tasks_failed": 0, "pending": 0},
    {"tasks_submitted": 4, "tasks_completed": 1, "tasks_failed": 1, "pending": 1},
)

gaps = st.sampled_from((0, 1_000_000, NANOSECONDS // 10, NANOSECONDS, 5 * NANOSECONDS))
moves = st.lists(
    st.one_of(
        st.tuples(gaps, st.integers(0, 4), st.sampled_from(OUTCOMES), st.sampled_from(ANSWERS)),
        st.tuples(gaps, st.integers(0, 4), st.sampled_from(LATE_S), st.sampled_from(EXPECTED)),
        st.tuples(gaps, st.just(NEMESIS), st.sampled_from(sorted(FAULTS)), st.none()),
        st.tuples(gaps, st.just(OBSERVER), st.sampled_from((OpType.OK, OpType.INFO)), st.sampled_from(STATUSES)),
    ),
    max_size=40,
)


class Writing:
    """A history under way: moves that a recorder would refuse are passed over."""

    def __init__(self) -> None:
        self.ops: list[Op] = []
        self.time = 0
        self._out: set[int] = set()
        self._retired: set[int] = set()
        self._steps = dict.fromkeys(FAULTS, 0)

    def calm(self) -> None:
        """Thirty requests, ten a second, answered in 20 ms."""
        for _ in range(30):
            self.ask(CALM_CLIENT, 0.0, None)
            self.time += NANOSECONDS // 50
            self.answer(CALM_CLIENT, OpType.OK, {"request_id": f"calm{len(self.ops)}", "retries": 0})
            self.time += NANOSECONDS * 4 // 50

    def ask(self, client: int, late_s: float | None, expected: str | None) -> None:
        if client in self._out | self._retired:
            return
        self._out.add(client)
        value: dict[str, Any] = {"input": INPUTS[len(self.ops) % len(INPUTS)]}
        if late_s is not None:
            value["due_s"] = max(0.0, self.time / NANOSECONDS - late_s)
        if expected is not None:
            value["expected"] = expected
        self._write(client, OpType.INVOKE, "infer", value)

    def answer(self, client: int, outcome: OpType, value: Mapping[str, Any] | None) -> None:
        if client not in self._out:
            return
        self._out.remove(client)
        if outcome is OpType.INFO:
            self._retired.add(client)
        self._write(client, outcome, "infer", value, None if outcome is OpType.OK else "what went wrong")

    def break_something(self, fault: str) -> None:
        """The fault's next step."""
        if self._steps[fault] < len(STEPS):
            step = STEPS[self._steps[fault]]
            self._steps[fault] += 1
            said = {name: FAULTS[fault][name] for name in OF_STEP.get(step, ()) if name in FAULTS[fault]}
            self._write(NEMESIS, OpType.INFO, step, {"id": fault} | said)

    def observe(self, outcome: OpType, status: Mapping[str, Any] | None) -> None:
        self._write(OBSERVER, outcome, "status", status)

    def _write(
        self, process: int | str, kind: OpType, f: str, value: Mapping[str, Any] | None, error: str | None = None
    ) -> None:
        self.ops.append(Op(len(self.ops), self.time, process, kind, f, value, error))


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Clients with at most one request out, which retire after an unknown; faults, step by step; an observer."""
    writing = Writing()
    if draw(st.booleans()):
        writing.calm()
    for move in draw(moves):
        writing.time += move[0]
        match move[1:]:
            case "nemesis", str(fault), _:
                writing.break_something(fault)
            case "observer", OpType() as outcome, status:
                writing.observe(outcome, status)
            case int(client), OpType() as outcome, answer:
                writing.answer(client, outcome, answer)
            case int(client), late_s, expected:
                writing.ask(client, late_s, expected)
    return History(writing.ops)
