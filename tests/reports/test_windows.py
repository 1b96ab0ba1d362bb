from __future__ import annotations

from math import inf

from hypothesis import given

from reports.history import NANOSECONDS, NEMESIS, History, Op, OpType
from reports.windows import FaultWindow, fault_windows
from tests.reports.written import histories

CRASH = {"id": "f1", "kind": "crash", "target": "worker1", "takes_out": ["worker1"]}


def nemesis(index: int, at_s: float, f: str, **value: object) -> Op:
    return Op(index, round(at_s * NANOSECONDS), NEMESIS, OpType.INFO, f, value)


def test_ops_are_joined_by_id_however_they_are_interleaved() -> None:
    history = History(
        [
            nemesis(0, 1.0, "inject", **CRASH),
            nemesis(1, 1.5, "inject", id="f2", kind="latency", target="coordinator→worker2"),
            nemesis(2, 2.0, "injected", id="f1"),
            nemesis(3, 2.5, "evidence", id="f2", bit=False, evidence="the round trip stayed at 1 ms"),
            nemesis(4, 3.0, "evidence", id="f1", bit=True, evidence="process 7 is gone"),
            nemesis(5, 4.0, "heal", id="f1"),
            nemesis(6, 5.0, "healed", id="f1"),
            nemesis(7, 6.0, "exit", node="worker3"),
        ]
    )
    assert fault_windows(history) == (
        FaultWindow("f1", "crash", "worker1", 1.0, 5.0, True, "process 7 is gone", ("worker1",), (0, 2, 4, 5, 6)),
        FaultWindow(
            "f2", "latency", "coordinator→worker2", 1.5, None, False, "the round trip stayed at 1 ms", (), (1, 3)
        ),
    )


def test_a_fault_that_was_being_healed_when_the_run_ended_is_still_open() -> None:
    [window] = fault_windows(History([nemesis(0, 1.0, "inject", **CRASH), nemesis(1, 2.0, "heal", id="f1")]))
    assert (window.healed_s, window.end_s, window.bit) == (None, inf, None)
    assert window.evidence == "nobody looked whether it bit"


def test_a_window_overlaps_what_touches_it_and_its_grace() -> None:
    [window] = fault_windows(History([nemesis(0, 2.0, "inject", **CRASH), nemesis(1, 4.0, "healed", id="f1")]))
    assert window.name == "crash on worker1"
    assert [window.overlaps(*life) for life in ((0.0, 1.9), (0.0, 2.0), (3.0, 3.5), (4.0, 9.0), (4.1, 9.0))] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert window.overlaps(4.9, 9.0, grace_s=1.0)
    assert not window.overlaps(5.1, 9.0, grace_s=1.0)


def test_the_entry_in_verdicts_json_has_the_names_of_the_contract() -> None:
    [window] = fault_windows(History([nemesis(0, 1.0, "inject", **CRASH)]))
    assert window.to_json() == {
        "id": "f1",
        "kind": "crash",
        "target": "worker1",
        "injected_s": 1.0,
        "healed_s": None,
        "bit": None,
        "evidence": "nobody looked whether it bit",
    }


@given(histories())
def test_every_fault_that_was_injected_has_one_window_in_the_order_of_injection(history: History) -> None:
    windows = fault_windows(history)
    injections = history.of(NEMESIS, "inject")
    assert [window.id for window in windows] == [op.value["id"] for op in injections if op.value is not None]
    assert [window.injected_s for window in windows] == [op.time_s for op in injections]
    assert all(window.injected_s <= window.end_s for window in windows)
