from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chaos.invariants import answered_once
from reports.verdict import Figure, Finding, Verdict
from tests.chaos.invariants.golden import ask, fail, golden, info, ok, status, window

TWO_ANSWERS = (ask(0, at=1.0), ok(0, at=1.5, request_id="a"), ask(0, at=2.0), ok(0, at=2.5, request_id="b"))


def logged(logs: Path, *lines: dict[str, Any] | str, node: str = "coordinator") -> Path:
    """A folder of logs in which `node` has written these lines."""
    written = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    (logs / f"{node}.log").write_text("\n".join(written))
    return logs


def request_line(request_id: str, *, success: bool = True) -> dict[str, Any]:
    return {"event": "request", "request_id": request_id, "success": success}


def finding(
    verdict: Verdict, message: str, evidence: tuple[int | str, ...], disagreements: int, accounts: str = "clients"
) -> Finding:
    figures: dict[str, Figure] = {"answers": 2, "without_id": 0, "accounts": accounts, "disagreements": disagreements}
    return Finding("answered_once", verdict, message, evidence, figures)


def test_ids_that_differ_were_each_answered_once() -> None:
    assert answered_once().judge(golden(*TWO_ANSWERS)) == finding(Verdict.HELD, "2 answers, each given once", (), 0)


def test_one_id_for_two_answers_is_an_answer_given_twice() -> None:
    run = golden(ask(0, at=1.0), ok(0, at=1.5, request_id="a"), ask(0, at=2.0), ok(0, at=2.5, request_id="a"))
    assert answered_once().judge(run) == finding(
        Verdict.VIOLATED, "1 request id answered more than one request: a", (1, 3), 1
    )


def test_the_log_has_one_line_for_each_answer(tmp_path: Path) -> None:
    logs = logged(tmp_path, "Traceback", {"event": "membership"}, request_line("a"), request_line("b"), '{"event": "re')
    assert answered_once().judge(golden(*TWO_ANSWERS, logs=logs)).verdict is Verdict.HELD


def test_answers_logged_twice_never_or_as_failures_are_violations(tmp_path: Path) -> None:
    run = golden(*TWO_ANSWERS, logs=logged(tmp_path, request_line("a"), request_line("a")))
    assert answered_once().judge(run) == finding(
        Verdict.VIOLATED,
        "2 answered request ids not logged once and as a success by coordinator: a (2 times), b (0 times)",
        ("a", "b"),
        1,
        "clients, log",
    )
    run = golden(*TWO_ANSWERS, logs=logged(tmp_path, request_line("a"), request_line("b", success=False)))
    assert answered_once().judge(run) == finding(
        Verdict.VIOLATED,
        "1 answered request id not logged once and as a success by coordinator: b (as failed)",
        ("b",),
        1,
        "clients, log",
    )


def test_the_node_that_keeps_the_log_can_be_called_otherwise(tmp_path: Path) -> None:
    run = golden(*TWO_ANSWERS, logs=logged(tmp_path, request_line("a"), node="front"))
    assert answered_once().judge(run).verdict is Verdict.HELD
    assert answered_once(coordinator="front").judge(run).evidence == ("b",)


def test_the_ledger_counts_the_answers_of_this_run_alone() -> None:
    def booked(completed: int) -> Finding:
        return answered_once().judge(
            golden(
                *TWO_ANSWERS,
                status(at=0.5, submitted=7, completed=7),
                status(at=3.0, submitted=completed, completed=completed),
            )
        )

    assert booked(9).verdict is Verdict.HELD
    message = "the ledger counts {} completed, the clients {} answered"
    assert booked(10) == finding(Verdict.VIOLATED, message.format(3, 2), (5,), 1, "clients, ledger")
    assert booked(8) == finding(Verdict.VIOLATED, message.format(1, 2), (5,), 1, "clients, ledger")


def test_a_request_whose_fate_is_unknown_may_or_may_not_be_on_the_books() -> None:
    def booked(completed: int) -> Verdict:
        unknown = (ask(1, at=1.0), info(1, at=2.0))
        refused = (ask(2, at=1.0), fail(2, at=1.1))
        settled = status(at=3.0, submitted=completed, completed=completed)
        return answered_once().judge(golden(*TWO_ANSWERS, *unknown, *refused, settled)).verdict

    assert [booked(completed) for completed in (1, 2, 3, 4)] == [
        Verdict.VIOLATED,
        Verdict.HELD,
        Verdict.HELD,
        Verdict.VIOLATED,
    ]


def test_books_read_too_early_or_emptied_by_a_crash_are_not_compared() -> None:
    early = status(at=2.2, submitted=2, completed=1)
    assert answered_once().judge(golden(*TWO_ANSWERS, early)).verdict is Verdict.HELD
    late = status(at=3.0, submitted=1, completed=1)
    assert answered_once().judge(golden(*TWO_ANSWERS, late)).verdict is Verdict.VIOLATED
    crashed = window("crash", "coordinator", 1.6, 1.8)
    assert answered_once().judge(golden(*TWO_ANSWERS, late, crashed)).verdict is Verdict.HELD
    worker_crashed = window("crash", "worker1", 1.6, 1.8)
    assert answered_once().judge(golden(*TWO_ANSWERS, late, worker_crashed)).verdict is Verdict.VIOLATED


def test_answers_without_ids_decide_nothing() -> None:
    assert answered_once().judge(golden(ask(0, at=1.0), ok(0, at=1.5))) == Finding(
        "answered_once",
        Verdict.INCONCLUSIVE,
        "1 of 1 answer carry no request id to tell them apart by",
        (1,),
        {"answers": 1, "without_id": 1, "accounts": "clients", "disagreements": 0},
    )
    assert answered_once().judge(golden(ask(0, at=1.0))) == Finding(
        "answered_once", Verdict.INCONCLUSIVE, "nothing was answered"
    )


def test_what_stands_in_a_line_that_was_lost_is_no_second_answer(tmp_path: Path) -> None:
    def judged(lines_lost: int) -> Finding:
        logs = logged(tmp_path, request_line("a") | {"lines_lost": lines_lost})
        return answered_once().judge(golden(*TWO_ANSWERS, logs=logs))

    blamed = "1 answered request id not logged once and as a success by coordinator: b (0 times)"
    assert judged(0) == finding(Verdict.VIOLATED, blamed, ("b",), 1, "clients, log")
    open_ = "1 answered request id not logged by coordinator, whose log lacks lines"
    assert judged(1) == finding(Verdict.INCONCLUSIVE, open_, ("b",), 0, "clients, log")
