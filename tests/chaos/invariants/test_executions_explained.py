from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from chaos.invariants import answered_once, executions_explained, logs_complete, reconciled
from reports.verdict import Finding, Verdict
from tests.chaos.invariants.golden import Draft, Drafts, ask, golden, info, ok, window
from tests.chaos.invariants.golden_logs import computed, ended, logged

FACTS: Final = {
    "system": {
        "nodes": [
            *({"name": name, "capacity": 0} for name in ("coordinator1", "coordinator2")),
            *({"name": name, "capacity": 1} for name in ("worker1", "worker2")),
        ],
        "edges": ["client→coordinator1", "client→coordinator2", "coordinator1→worker1", "coordinator2→worker2"],
        "settings": {"worker_timeout_s": 3.0},
    }
}
TRIED: Final = {"through": "coordinator1", "type": "info", "error": "cut", "after_s": 0.0, "took_s": 0.2}
MOVED: Final = (
    ask(0, at=1.0),
    ok(0, at=2.0, request_id="b", output="POSITIVE", through="coordinator2", trace_id="t", tries=[TRIED]),
)
TO_B: Final = ended("b", trace_id="t", worker="worker2")


def of(*request_ids: str, trace: str = "t") -> dict[str, Any]:
    """A batch that was computed, all of one request."""
    return computed(*request_ids, outputs=["POSITIVE"] * len(request_ids)) | {"trace_ids": [trace] * len(request_ids)}


def judged(folder: Path, *drafts: Drafts, **nodes: list[dict[str, Any]]) -> Finding:
    every: dict[str, list[dict[str, Any]]] = {"coordinator1": [], "coordinator2": [], "worker1": [], "worker2": []}
    return executions_explained().judge(golden(*drafts, facts=FACTS, logs=logged(folder, **(every | nodes))))


def test_what_moved_and_was_done_once_is_explained(tmp_path: Path) -> None:
    finding = judged(tmp_path, *MOVED, coordinator2=[TO_B], worker2=[of("b")])
    assert (finding.verdict, finding.message) == (Verdict.HELD, "1 request, none of which was done twice")
    assert finding.figures == {
        "requests": 1,
        "asked_elsewhere": 1,
        "executed": 1,
        "executed_again": 0,
        "executions": 1,
        "broken_off": 0,
    }


def test_what_a_dead_coordinator_had_done_is_counted_and_named(tmp_path: Path) -> None:
    crash = window("crash", "coordinator1", 1.1, 1.9)
    finding = judged(tmp_path, *MOVED, crash, coordinator2=[TO_B], worker1=[of("a")], worker2=[of("b")])
    assert finding.verdict is Verdict.HELD
    assert finding.message == (
        "1 of 1 request done more than once, each under a fault: "
        "b (worker1 for a coordinator that logged no end of it, worker2 for coordinator2)"
    )
    assert finding.figures["executed_again"] == 1
    assert {"a", "b"} <= set(finding.evidence)


def test_a_fault_on_the_edge_to_the_first_coordinator_explains_it_too(tmp_path: Path) -> None:
    cut = window("reset", "client→coordinator1", 1.1, 1.9)
    of_a = ended("a", trace_id="t")
    logs = {"coordinator1": [of_a], "coordinator2": [TO_B], "worker1": [of("a")], "worker2": [of("b")]}
    assert judged(tmp_path, *MOVED, cut, **logs).verdict is Verdict.HELD


def test_what_is_done_twice_without_a_fault_where_it_was_asked_is_a_violation(tmp_path: Path) -> None:
    logs = {"coordinator2": [TO_B], "worker1": [of("a")], "worker2": [of("b")]}
    elsewhere = window("crash", "coordinator2", 1.1, 1.9)
    for number, faults in enumerate(([], elsewhere)):
        finding = judged(tmp_path / str(number), *MOVED, faults, **logs)
        assert finding.verdict is Verdict.VIOLATED
        assert "though no fault hit where it was asked" in finding.message


def test_one_coordinator_that_does_a_key_twice_is_a_violation(tmp_path: Path) -> None:
    """No try of the client's was without an answer, so nothing explains the second execution."""
    once = (ask(0, at=1.0), ok(0, at=2.0, request_id="b", output="POSITIVE", through="coordinator2", trace_id="t"))
    lines = [ended("a", trace_id="t"), TO_B]
    assert judged(tmp_path, *once, coordinator2=lines, worker2=[of("a", "b")]).verdict is Verdict.VIOLATED


def test_what_nobody_asked_is_a_violation_unless_somebody_asked_and_never_heard(tmp_path: Path) -> None:
    logs = {"coordinator2": [TO_B], "worker2": [of("b"), of("z", trace="foreign")]}
    assert judged(tmp_path, *MOVED, **logs).message == "1 execution of what nobody asked: z"
    unheard: tuple[Draft, ...] = (ask(1, at=1.0), info(1, at=9.0))
    assert judged(tmp_path, *MOVED, *unheard, **logs).verdict is Verdict.HELD


def test_an_answer_must_be_in_its_coordinators_log_and_computed(tmp_path: Path) -> None:
    not_logged = judged(tmp_path, *MOVED, coordinator1=[TO_B], worker2=[of("b")])
    assert not_logged.message == "b (answered by coordinator2, which logged it 0 times)"
    not_computed = judged(tmp_path, *MOVED, coordinator2=[TO_B], worker2=[])
    assert not_computed.message == "b (answered, and computed by no worker)"
    assert {not_logged.verdict, not_computed.verdict} == {Verdict.VIOLATED}


def test_what_a_worker_broke_off_is_counted(tmp_path: Path) -> None:
    broken = {"event": "batch abandoned", "request_ids": ["a", "c"], "size": 2}
    finding = judged(tmp_path, *MOVED, coordinator2=[TO_B], worker1=[broken], worker2=[of("b")])
    assert finding.figures["broken_off"] == 2


def test_without_trace_ids_or_logs_nothing_is_decided(tmp_path: Path) -> None:
    untraced = judged(tmp_path, ask(0, at=1.0), ok(0, at=2.0, request_id="b"))
    assert (untraced.verdict, untraced.message) == (
        Verdict.INCONCLUSIVE,
        "no request has a trace id to be known by",
    )
    unlogged = executions_explained().judge(golden(*MOVED, facts=FACTS, logs=tmp_path / "none"))
    assert unlogged.verdict is Verdict.INCONCLUSIVE
    assert "no log of coordinator1" in unlogged.message


@pytest.mark.parametrize("coordinator", ["coordinator", "coordinator2"])
def test_what_joins_the_accounts_of_one_coordinator_blames_it_for_nothing_of_the_other(
    tmp_path: Path, coordinator: str
) -> None:
    asked = (ask(1, at=1.0), ok(1, at=1.5, request_id="c", output="POSITIVE", through="coordinator1", worker="worker1"))
    wrote = {"coordinator1": [ended("c")], "coordinator2": [TO_B], "worker1": [of("c")], "worker2": [of("b")]}
    record = golden(*MOVED, *asked, facts=FACTS, logs=logged(tmp_path, **wrote))
    for judge in (reconciled(coordinator=coordinator), logs_complete(coordinator=coordinator)):
        finding = judge.judge(record)
        assert finding.verdict is Verdict.INCONCLUSIVE
        assert "clients ask coordinator1, coordinator2, whose accounts executions_explained joins" in finding.message
    once = answered_once(coordinator=coordinator).judge(record)
    assert (once.verdict, once.figures["accounts"]) == (Verdict.HELD, "clients")


def test_lines_that_were_lost_accuse_nobody(tmp_path: Path) -> None:
    lacking = {"timestamp": "2026-01-01T00:00:00+00:00", "event": "membership", "lines_lost": 2}
    finding = judged(tmp_path, *MOVED, coordinator2=[lacking], worker2=[of("b")])
    assert (finding.verdict, finding.message) == (Verdict.INCONCLUSIVE, "2 lines of the log of coordinator2 lost")
