"""The invariant about nodes that end of themselves, on golden histories."""

from chaos.invariants.nodes_stay_up import nodes_stay_up
from reports.history import NEMESIS, History, Op, OpType
from reports.record import Record
from reports.verdict import Finding, Verdict


def test_a_run_without_exits_holds() -> None:
    finding = nodes_stay_up().judge(Record({}, History([])))
    assert finding == Finding("nodes_stay_up", Verdict.HELD, "no node ended of itself", (), {"exits": 0, "expected": 0})


def test_a_node_that_ended_of_itself_is_named() -> None:
    value = {"node": "worker1", "state": "exited (code 1)", "at_s": 2.5}
    exit_op = Op(0, 5_000_000_000, NEMESIS, OpType.INFO, "exit", value, "log tail")
    assert nodes_stay_up().judge(Record({}, History([exit_op]))) == Finding(
        "nodes_stay_up",
        Verdict.VIOLATED,
        "ended though no fault had ended them: worker1 exited (code 1) at 2.50 s",
        (0,),
        {"exits": 1, "expected": 0},
    )


def test_an_exit_that_supervision_is_for_is_expected_and_no_other() -> None:
    supervised = {"name": "worker1", "supervision": {"code": 70, "after_s": 1.0}}
    facts = {"system": {"nodes": [supervised, {"name": "worker2", "supervision": None}]}}

    def judged(node: str, code: int | None) -> Finding:
        value = {"node": node, "state": f"exited ({code})", "code": code, "at_s": 2.5}
        return nodes_stay_up().judge(Record(facts, History([Op(0, 5, NEMESIS, OpType.INFO, "exit", value)])))

    assert judged("worker1", 70) == Finding(
        "nodes_stay_up",
        Verdict.HELD,
        "1 exit that supervision or a limit of memory is for, and no other",
        (),
        {"exits": 0, "expected": 1},
    )
    for node, code in (("worker1", 1), ("worker1", None), ("worker2", 70), ("worker2", None)):
        assert judged(node, code).verdict is Verdict.VIOLATED


def test_an_exit_for_want_of_memory_is_expected_of_a_node_whose_memory_a_fault_limits_at_that_moment() -> None:
    def judged(node: str, state: str, at_s: float) -> Verdict:
        limit = {"id": "limit_memory-1", "kind": "limit_memory", "target": "worker1"}
        ops = [
            Op(0, 2_000_000_000, NEMESIS, OpType.INFO, "inject", limit),
            Op(1, 5_000_000_000, NEMESIS, OpType.INFO, "healed", limit),
            Op(2, 9_000_000_000, NEMESIS, OpType.INFO, "exit", {"node": node, "state": state, "at_s": at_s}),
        ]
        return nodes_stay_up().judge(Record({}, History(ops))).verdict

    assert judged("worker1", "exited (by SIGKILL, out of memory)", 3.0) is Verdict.HELD
    for node, state, at_s in (
        ("worker2", "exited (by SIGKILL, out of memory)", 3.0),
        ("worker1", "exited (by SIGKILL)", 3.0),
        ("worker1", "exited (by SIGKILL, out of memory)", 6.0),
    ):
        assert judged(node, state, at_s) is Verdict.VIOLATED
