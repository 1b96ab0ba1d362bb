from __future__ import annotations

from typing import Any

from chaos.invariants import drained
from reports.verdict import Finding, Verdict
from tests.chaos.invariants.golden import WORKERS, Draft, ask, fail, golden, info, nemesis, ok

OUT = (ask(0, at=1.9), ok(0, at=2.5, request_id="a"))


def told_to_end(node: str, *, takes_out: tuple[str, ...], phase: str = "exited", code: int | None = 0) -> list[Draft]:
    """At 2 s, and back at 4 s."""
    fault: dict[str, Any] = {"id": f"terminate-{node}"}
    return [
        nemesis(2.0, "inject", kind="terminate", target=node, takes_out=list(takes_out), **fault),
        nemesis(2.0, "evidence", bit=True, evidence="seen early", figures={"phase": "running", "code": None}, **fault),
        nemesis(3.0, "evidence", bit=True, evidence="seen late", figures={"phase": phase, "code": code}, **fault),
        nemesis(4.0, "healed", **fault),
    ]


WORKER = told_to_end("worker1", takes_out=("worker1",))
COORDINATOR = told_to_end("coordinator", takes_out=WORKERS)


def test_a_worker_that_finished_and_ended_by_itself_drained() -> None:
    assert drained("worker1").judge(golden(OUT, WORKER)) == Finding(
        "drained",
        Verdict.HELD,
        "1 request out when worker1 was told to end, all finished; it ended by itself",
        (),
        {"drains": 1, "out_when_told": 1, "lost": 0, "found_nobody": 0},
    )


def test_what_was_out_and_is_lost_is_a_broken_promise() -> None:
    lost = (ask(1, at=1.9), info(1, at=2.1, error="ServerDisconnectedError"))
    for node, fault in (("worker1", WORKER), ("coordinator", COORDINATOR)):
        finding = drained(node).judge(golden(OUT, lost, fault))
        assert (finding.verdict, finding.evidence) == (Verdict.VIOLATED, (4,))
        assert finding.message == "1 promise broken: op 1 (ServerDisconnectedError)"


def test_who_comes_while_the_only_coordinator_is_away_may_be_refused_or_find_nobody() -> None:
    refused = (ask(1, at=2.1), fail(1, at=2.2, status=503))
    nobody = (ask(2, at=3.0), info(2, at=3.1, error="ServerDisconnectedError"))
    finding = drained("coordinator").judge(golden(OUT, refused, nobody, COORDINATOR))
    assert (finding.verdict, finding.figures["found_nobody"]) == (Verdict.HELD, 1)
    finding = drained("worker1").judge(golden(OUT, refused, nobody, WORKER))
    assert (finding.verdict, finding.figures["lost"]) == (Verdict.VIOLATED, 1)


def test_who_was_let_in_while_it_drained_and_then_failed_is_a_broken_promise() -> None:
    abandoned = (ask(1, at=2.1), info(1, at=2.9, error="500: stopped", status=500, request_id="b"))
    assert drained("coordinator").judge(golden(OUT, abandoned, COORDINATOR)).verdict is Verdict.VIOLATED


def test_what_happened_before_and_after_is_not_its_affair() -> None:
    before = (ask(1, at=1.0), info(1, at=1.5))
    after = (ask(2, at=5.0), info(2, at=5.5))
    assert drained("worker1").judge(golden(before, OUT, WORKER, after)).verdict is Verdict.HELD


def test_a_node_that_ended_with_another_code_or_by_the_signal_did_not_drain() -> None:
    for code in (1, None):
        finding = drained("worker1").judge(golden(OUT, told_to_end("worker1", takes_out=("worker1",), code=code)))
        assert finding.verdict is Verdict.VIOLATED
        assert finding.message == "1 promise broken: worker1 ended wrongly: seen late"


def test_a_node_that_was_not_seen_to_end_or_never_told_to_decides_nothing() -> None:
    draining = told_to_end("worker1", takes_out=("worker1",), phase="running", code=None)
    finding = drained("worker1").judge(golden(OUT, draining))
    assert (finding.verdict, finding.message) == (Verdict.INCONCLUSIVE, "worker1 was not seen to end: seen late")
    assert drained("worker2").judge(golden(OUT, WORKER)) == Finding(
        "drained", Verdict.INCONCLUSIVE, "worker2 was never told to end"
    )


def test_a_node_that_had_nothing_to_finish_shows_nothing() -> None:
    after = (ask(0, at=2.1), ok(0, at=2.5, request_id="a"))
    assert drained("worker1").judge(golden(after, WORKER)) == Finding(
        "drained",
        Verdict.INCONCLUSIVE,
        "no request was out when worker1 was told to end: it had nothing to finish",
        (),
        {"drains": 1, "out_when_told": 0, "lost": 0, "found_nobody": 0},
    )
