from __future__ import annotations

from chaos.invariants import answers_correct
from reports.verdict import Finding, Verdict
from tests.chaos.invariants.golden import Draft, ask, fail, golden, ok


def run_of_one() -> tuple[Draft, Draft]:
    return ask(0, at=1.0, expected="POSITIVE"), ok(0, at=1.5, request_id="a", output="POSITIVE")


def test_golden_answers_are_correct() -> None:
    run = golden(
        ask(0, at=1.0, expected="POSITIVE"),
        ok(0, at=1.5, request_id="a", output="POSITIVE"),
        ask(0, at=2.0),
        ok(0, at=2.5, request_id="b", output="NEGATIVE"),
    )
    assert answers_correct().judge(run) == Finding(
        "answers_correct",
        Verdict.HELD,
        "1 answer, all correct; 1 more, with no golden answer",
        (),
        {"answers": 2, "judged": 1, "wrong": 0},
    )
    assert answers_correct().judge(golden(*run_of_one())).message == "1 answer, all correct"


def test_answers_swapped_between_two_requests_are_wrong() -> None:
    run = golden(
        ask(0, at=1.0, expected="POSITIVE"),
        ask(1, at=1.0, expected="NEGATIVE"),
        ok(0, at=1.5, request_id="a", output="NEGATIVE"),
        ok(1, at=1.5, request_id="b", output="POSITIVE"),
    )
    assert answers_correct().judge(run) == Finding(
        "answers_correct",
        Verdict.VIOLATED,
        "2 of 2 answers wrong: a (NEGATIVE instead of POSITIVE), b (POSITIVE instead of NEGATIVE)",
        (2, 3),
        {"answers": 2, "judged": 2, "wrong": 2},
    )


def test_an_ok_without_output_is_wrong_whatever_was_expected() -> None:
    run = golden(ask(0, at=1.0), ok(0, at=1.5, request_id="a"))
    assert answers_correct().judge(run) == Finding(
        "answers_correct",
        Verdict.VIOLATED,
        "1 of 1 answer wrong: a (no output)",
        (1,),
        {"answers": 1, "judged": 1, "wrong": 1},
    )


def test_without_any_golden_answer_nothing_is_decided() -> None:
    run = golden(ask(0, at=1.0), ok(0, at=1.5, request_id="a", output="POSITIVE"))
    assert answers_correct().judge(run) == Finding(
        "answers_correct",
        Verdict.INCONCLUSIVE,
        "1 answer, and no golden answer is known to any",
        (),
        {"answers": 1, "judged": 0, "wrong": 0},
    )


def test_a_request_that_was_refused_has_no_answer_to_judge() -> None:
    run = golden(ask(0, at=1.0, expected="POSITIVE"), fail(0, at=1.1))
    assert answers_correct().judge(run) == Finding(
        "answers_correct", Verdict.INCONCLUSIVE, "nothing was answered", (), {"answers": 0, "judged": 0, "wrong": 0}
    )
