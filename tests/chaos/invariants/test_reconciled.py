"""One golden history for each way in which three accounts can differ, and for each in which they must be let differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chaos.invariants import reconciled
from reports.verdict import Finding, Verdict
from tests.chaos.invariants.golden import Draft, Drafts, ask, fail, golden, info, ok, status, window
from tests.chaos.invariants.golden_logs import attempt, computed, ended, logged

KINDS = ("lost", "answered_twice", "executed_twice", "phantom", "swapped", "wrong", "miscounted", "late")
ASKED = (
    ask(0, at=1.0, expected="POSITIVE"),
    ok(0, at=1.5, request_id="a", output="POSITIVE", worker="worker1"),
    ask(1, at=1.0, expected="NEGATIVE"),
    ok(1, at=1.6, request_id="b", output="NEGATIVE", worker="worker1"),
)
ENDED = [ended("a"), ended("b")]
COMPUTED = [computed("a", "b", outputs=["POSITIVE", "NEGATIVE"])]


def judged(
    folder: Path,
    *drafts: Drafts,
    ended: Iterable[dict[str, Any]] = ENDED,
    computed: Iterable[dict[str, Any]] = COMPUTED,
    also: Iterable[dict[str, Any]] = (),
) -> Finding:
    """`computed` by worker1, `also` by worker2."""
    logs = logged(folder / "logs", coordinator=[*ended], worker1=[*computed], worker2=[*also], worker3=[])
    return reconciled().judge(golden(*(drafts or ASKED), logs=logs))


def kinds(finding: Finding) -> dict[str, Any]:
    return {kind: number for kind in KINDS if (number := finding.figures.get(kind))}


def violated(finding: Finding, kind: str, message: str, *evidence: int | str) -> None:
    assert (finding.verdict, kinds(finding)) == (Verdict.VIOLATED, {kind: len(finding.message.split("), ")) or 1})
    assert finding.message == message
    assert finding.evidence == evidence


def test_three_accounts_of_one_story_hold(tmp_path: Path) -> None:
    settled = status(at=3.0, submitted=2, completed=2)
    canary = computed("canary", outputs=["POSITIVE"])
    finding = judged(tmp_path, ASKED, settled, computed=[canary, *COMPUTED])
    assert finding.verdict is Verdict.HELD
    assert finding.message == "2 requests: clients, coordinator and workers tell the same story"
    assert (finding.figures["requests"], finding.figures["logged"], finding.figures["executed"]) == (2, 2, 2)


def test_a_request_that_nobody_ever_answered_is_lost(tmp_path: Path) -> None:
    finding = judged(tmp_path, ASKED, ask(2, at=2.0))
    violated(finding, "lost", "1 lost: op 4 (no other account of it)", 4)


def test_an_answer_that_never_arrived_is_lost_and_found_by_its_text(tmp_path: Path) -> None:
    silent = (ask(2, at=2.0, text="x" * 200), info(2, at=5.0, error="no answer within 3 s"))
    lines = [*ENDED, ended("c", text="x" * 120, worker="worker2")]
    finding = judged(tmp_path, ASKED, silent, ended=lines, also=[computed("c", outputs=["POSITIVE"])])
    message = "1 lost: op 4 (answered by worker2 as c, its client never heard)"
    violated(finding, "lost", message, 5, "c")


def test_one_id_for_two_requests_is_answered_twice(tmp_path: Path) -> None:
    again = (ask(2, at=2.0), ok(2, at=2.5, request_id="a", output="POSITIVE", worker="worker1"))
    violated(judged(tmp_path, ASKED, again), "answered_twice", "1 answered twice: a answers 2 requests", 2, 5, "a")


def test_what_a_client_was_told_again_for_its_key_is_answered_once(tmp_path: Path) -> None:
    again = (ask(2, at=2.0), ok(2, at=2.5, request_id="a", output="POSITIVE", worker="worker1", replayed=True))
    assert judged(tmp_path, ASKED, again).verdict is Verdict.HELD


def test_one_id_that_ended_twice_is_answered_twice(tmp_path: Path) -> None:
    finding = judged(tmp_path, ended=[*ENDED, ended("b")])
    violated(finding, "answered_twice", "1 answered twice: b ended 2 times by the coordinator's log", 3, "b")


def test_what_was_computed_more_often_than_sent_is_executed_twice(tmp_path: Path) -> None:
    finding = judged(tmp_path, also=[computed("a", outputs=["POSITIVE"])])
    violated(finding, "executed_twice", "1 executed twice: a (computed 1 times by worker2, sent there 0)", 2, "a")
    finding = judged(tmp_path, computed=[*COMPUTED, *COMPUTED])
    assert kinds(finding) == {"executed_twice": 2}


def test_a_request_that_was_sent_again_may_be_computed_again(tmp_path: Path) -> None:
    attempts = [attempt("worker2", 0, 0.2, cause="silent"), attempt("worker1", 0.2, 0.5)]
    lines = [ended("a", attempts=attempts, retries=1), ended("b")]
    assert judged(tmp_path, ended=lines, also=[computed("a", outputs=["POSITIVE"])]).verdict is Verdict.HELD


def test_an_answer_without_anything_behind_it_is_a_phantom(tmp_path: Path) -> None:
    finding = judged(tmp_path, computed=[computed("b", outputs=["NEGATIVE"])])
    violated(finding, "phantom", "1 phantom: a (answered by worker1, which never computed it)", 2, "a")
    finding = judged(tmp_path, ended=[ended("b")])
    assert finding.message.startswith("1 phantom: a (answered, and unknown to the coordinator's log)")


def test_what_nobody_asked_is_a_phantom(tmp_path: Path) -> None:
    finding = judged(tmp_path, ended=[*ENDED, ended("c", worker="worker2")], also=[computed("c", outputs=["POSITIVE"])])
    violated(finding, "phantom", "1 phantom: c (answered, and nobody asked)", "c")
    finding = judged(tmp_path, also=[computed("d")])
    message = "1 phantom: d (computed by worker2, and the coordinator never sent it)"
    violated(finding, "phantom", message, "d")


def test_what_a_killed_coordinator_had_in_its_hands_is_no_phantom(tmp_path: Path) -> None:
    crash = window("crash", "coordinator", 1.8, 2.5)
    refused = (ask(2, at=1.7), fail(2, at=1.9))
    assert judged(tmp_path, ASKED, crash, refused, also=[computed("d")]).verdict is Verdict.HELD


def answers(first: str, second: str) -> tuple[Draft, ...]:
    return (
        ask(0, at=1.0, expected="POSITIVE"),
        ok(0, at=1.5, request_id="a", output=first, worker="worker1"),
        ask(1, at=1.0, expected="NEGATIVE"),
        ok(1, at=1.6, request_id="b", output=second, worker="worker1"),
    )


def test_batch_mates_with_each_others_answers_were_swapped(tmp_path: Path) -> None:
    finding = judged(tmp_path, *answers("NEGATIVE", "POSITIVE"))
    assert kinds(finding) == {"swapped": 1}
    assert finding.message == "1 swapped: a, b in a batch of worker1"
    assert finding.evidence == (2, "a", 3, "b")


def test_a_wrong_answer_without_a_counterpart_is_wrong(tmp_path: Path) -> None:
    finding = judged(tmp_path, *answers("NEGATIVE", "NEGATIVE"))
    violated(finding, "wrong", "1 wrong: a (NEGATIVE instead of POSITIVE)", 2, "a")
    apart = [computed("a", outputs=["POSITIVE"]), computed("b", outputs=["NEGATIVE"])]
    assert kinds(judged(tmp_path, *answers("NEGATIVE", "POSITIVE"), computed=apart)) == {"wrong": 2}


def test_without_a_golden_answer_what_the_worker_said_counts(tmp_path: Path) -> None:
    asked = (ask(0, at=1.0), ok(0, at=1.5, request_id="a", output="NEGATIVE", worker="worker1"))
    finding = judged(tmp_path, asked, ended=[ended("a")], computed=[computed("a", outputs=["POSITIVE"])])
    violated(finding, "wrong", "1 wrong: a (NEGATIVE instead of POSITIVE)", 1, "a")


def test_an_answer_after_its_deadline_is_late(tmp_path: Path) -> None:
    slow = (
        ask(0, at=1.0),
        ok(0, at=16.5, request_id="a", output="POSITIVE", worker="worker1"),
        ask(1, at=1.0),
        ok(1, at=16.1, request_id="b", output="NEGATIVE", worker="worker1"),
    )
    violated(judged(tmp_path, *slow), "late", "1 late: a (after 15.50 s)", 3, "a")


def test_books_that_count_otherwise_than_the_log_are_miscounted(tmp_path: Path) -> None:
    finding = judged(tmp_path, ASKED, status(at=3.0, submitted=2, completed=3))
    violated(finding, "miscounted", "1 miscounted: 3 completed by the books, 2 by the log", 4)
    assert judged(tmp_path, ASKED, status(at=1.2, submitted=2, completed=0, pending=2)).verdict is Verdict.HELD


def test_the_books_of_each_worker_are_compared_as_well(tmp_path: Path) -> None:
    settled = status(at=3.0, submitted=2, completed=2)
    workers = [{"id": "worker1", "tasks_processed": 3}, {"id": "worker2", "tasks_processed": 0}]
    told = Draft(settled.at, settled.process, settled.type, settled.f, {**(settled.value or {}), "workers": workers})
    finding = judged(tmp_path, ASKED, told)
    message = "1 miscounted: worker1 processed 3 by the books, answered 2 by the log"
    violated(finding, "miscounted", message, 4)


def test_an_answer_that_the_log_calls_a_failure_is_miscounted(tmp_path: Path) -> None:
    finding = judged(tmp_path, ended=[ended("a", success=False), ended("b")])
    violated(finding, "miscounted", "1 miscounted: a (answered to its client, failed in the log)", 2, "a")


def test_many_discrepancies_are_told_in_few_words(tmp_path: Path) -> None:
    silent = [ask(client, at=2.0) for client in range(10, 20)]
    finding = judged(tmp_path, *answers("NEGATIVE", "NEGATIVE"), silent)
    told = "1 wrong: a (NEGATIVE instead of POSITIVE)"
    nowhere = [f"op {op} (no other account of it)" for op in (4, 5, 6)]
    assert finding.message == f"10 lost: {', '.join(nowhere)} and 7 more; {told}"
    assert len(finding.evidence) == 12


@pytest.mark.parametrize("nodes", [("coordinator",), ("worker1", "worker2", "worker3"), ()])
def test_with_an_account_missing_the_others_decide_only_what_they_can(tmp_path: Path, nodes: tuple[str, ...]) -> None:
    logs = logged(tmp_path / "logs", **{node: [] for node in nodes})
    finding = reconciled().judge(golden(*ASKED, logs=logs))
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.message.startswith("not all accounts can be joined: no log of ")
    assert kinds(reconciled().judge(golden(*answers("NEGATIVE", "NEGATIVE"), logs=logs))) == {"wrong": 1}


def test_lines_that_were_lost_accuse_nobody(tmp_path: Path) -> None:
    finding = judged(tmp_path, ended=[ended("b", lines_lost=1)])
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.message == "not all accounts can be joined: 1 lines of the log of coordinator are lost"


def test_a_run_without_requests_has_nothing_to_reconcile(tmp_path: Path) -> None:
    assert judged(tmp_path, [], ended=[], computed=[]).verdict is Verdict.INCONCLUSIVE


def test_what_was_pending_when_the_books_were_read_may_have_ended_since(tmp_path: Path) -> None:
    gone = (ask(2, at=2.0, text="else"), info(2, at=2.1, error="499", status=499))
    books = status(at=3.0, submitted=3, completed=2, pending=1)
    ended_since = [*ENDED, ended("c", at=3.5, text="else")]
    computed_since = [*COMPUTED, computed("c", outputs=["POSITIVE"])]
    workers = [{"id": "worker1", "tasks_processed": 2}]
    settled = replace(books, value={**(books.value or {}), "workers": workers})
    finding = judged(tmp_path, ASKED, gone, settled, ended=ended_since, computed=computed_since)
    assert (finding.verdict, kinds(finding)) == (Verdict.HELD, {})
