from __future__ import annotations

from chaos.invariants import poison_isolated
from reports.verdict import Finding, Verdict
from tests.chaos.invariants.golden import Draft, ask, fail, golden, info, nemesis, ok

POISON = (
    ask(1, at=1.0, text="kill"),
    info(1, at=2.0, error="422: killed 2", request_id="p", status=422, reasons=["poison"]),
)
MATE = (ask(0, at=1.0), ok(0, at=2.0, request_id="a"))


def exits(number: int) -> list[Draft]:
    return [nemesis(5.0, "exit", node=f"worker{n}", state="exited", at_s=1.5) for n in range(1, number + 1)]


def test_only_the_poison_fails_and_is_called_so() -> None:
    assert poison_isolated("kill").judge(golden(MATE, POISON, exits(2))) == Finding(
        "poison_isolated",
        Verdict.HELD,
        "the poison ended 2 nodes and was refused; 1 other request, all answered",
        (),
        {"poison": 1, "others": 1, "lost": 0, "exits": 2},
    )


def test_a_lost_batch_mate_an_untold_poison_and_too_many_dead_are_all_named() -> None:
    mate = (ask(0, at=1.0), fail(0, at=2.0, error="422: killed 2", status=422, reasons=["poison"]))
    untold = (ask(1, at=1.0, text="kill"), info(1, at=3.0, error="504: timed out", status=504))
    assert poison_isolated("kill").judge(golden(mate, untold, exits(3))) == Finding(
        "poison_isolated",
        Verdict.VIOLATED,
        "1 of 1 other request lost: op 0 (422: killed 2); the poison was not refused as such: op 1 (504: timed out); "
        "3 nodes ended, 2 may",
        (2, 3, 4, 5, 6),
        {"poison": 1, "others": 1, "lost": 1, "exits": 3},
    )
    assert poison_isolated("kill", kills=3).judge(golden(MATE, POISON, exits(3))).verdict is Verdict.HELD


def test_an_answer_to_the_poison_is_wrong_too() -> None:
    answered = (ask(1, at=1.0, text="kill"), ok(1, at=2.0, request_id="p"))
    assert poison_isolated("kill").judge(golden(MATE, answered, exits(2))).verdict is Verdict.VIOLATED
    other = (ask(1, at=1.0, text="kill"), fail(1, at=2.0, status=422, reasons=["too_large"]))
    assert poison_isolated("kill").judge(golden(MATE, other, exits(2))).verdict is Verdict.VIOLATED


def test_a_text_that_was_not_sent_or_did_no_harm_decides_nothing() -> None:
    finding = poison_isolated("kill").judge(golden(MATE))
    assert (finding.verdict, finding.message) == (Verdict.INCONCLUSIVE, "the poison was never sent")
    finding = poison_isolated("kill").judge(golden(MATE, POISON))
    assert (finding.verdict, finding.message) == (Verdict.INCONCLUSIVE, "no node ended: the text did no harm")
