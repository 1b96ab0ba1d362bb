"""Inputs that the system promises to refuse: a refusal is right, an answer is wrong, and another status is a loss."""

from chaos.invariants import answers_correct, no_loss, sheds_honestly
from reports.verdict import Verdict
from tests.chaos.invariants.golden import ask, fail, golden, info, ok


def test_the_promised_refusal_is_no_loss_whether_it_came_before_or_after_the_input_was_taken_in() -> None:
    run = golden(
        *(ask(0, at=1.0, refused=413), fail(0, at=1.1, status=413)),
        *(ask(1, at=1.0, refused=422), info(1, at=1.2, status=422, request_id="a")),
        *(ask(2, at=1.0, expected="POSITIVE"), ok(2, at=1.3, request_id="b", output="POSITIVE")),
    )
    assert no_loss().judge(run).verdict is Verdict.HELD
    assert answers_correct().judge(run).verdict is Verdict.HELD
    assert sheds_honestly().judge(run).verdict is Verdict.INCONCLUSIVE  # nothing was shed


def test_another_refusal_or_none_at_all_is_a_loss() -> None:
    run = golden(
        *(ask(0, at=1.0, refused=413), fail(0, at=1.1, status=503)),
        *(ask(1, at=1.0, refused=422), info(1, at=1.2)),
        *(ask(2, at=1.0), fail(2, at=1.1, status=422)),
    )
    found = no_loss().judge(run)
    assert found.verdict is Verdict.VIOLATED
    assert found.figures["lost"] == 3


def test_an_answer_to_what_was_to_be_refused_is_wrong() -> None:
    run = golden(ask(0, at=1.0, refused=422), ok(0, at=1.1, request_id="a", output="POSITIVE"))
    found = answers_correct().judge(run)
    assert found.verdict is Verdict.VIOLATED
    assert "a (POSITIVE instead of a refusal with 422)" in found.message
