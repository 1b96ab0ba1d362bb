from __future__ import annotations

from dataclasses import replace

from chaos.invariants import books_balance
from reports.verdict import Finding, Verdict
from tests.chaos.invariants.golden import Draft, ask, golden, info, ok, status, window

ONE_ANSWER = (ask(0, at=1.0), ok(0, at=2.0, request_id="a"))
BEFORE = status(at=0.5, submitted=0, completed=0)
DURING = status(at=1.5, submitted=1, completed=0, pending=1)
AFTER = status(at=2.5, submitted=1, completed=1)


def judged(*drafts: Draft) -> Finding:
    return books_balance().judge(golden(*ONE_ANSWER, *drafts))


def finding(verdict: Verdict, message: str, evidence: tuple[int, ...], samples: int = 3) -> Finding:
    return Finding("books_balance", verdict, message, evidence, {"samples": samples})


def test_books_that_add_up_before_during_and_after_balance() -> None:
    assert judged(BEFORE, DURING, AFTER) == finding(Verdict.HELD, "balanced in each of 3 samples", ())


def test_a_request_that_is_nowhere_on_the_books_is_a_violation() -> None:
    leak = status(at=1.5, submitted=1, completed=0)
    assert judged(BEFORE, leak, AFTER) == finding(
        Verdict.VIOLATED, "at 1.50 s 1 submitted ≠ 0 completed + 0 failed + 0 pending", (2,)
    )


def test_counts_never_go_down() -> None:
    high = status(at=1.5, submitted=3, completed=2, failed=1)
    assert judged(BEFORE, high, AFTER) == finding(
        Verdict.VIOLATED,
        "at 2.50 s submitted went down from 3 to 1, at 2.50 s completed went down from 2 to 1, "
        "at 2.50 s failed went down from 1 to 0",
        (4,),
    )


def test_counts_start_again_only_where_the_keeper_of_the_books_was_ended() -> None:
    high = status(at=1.5, submitted=3, completed=3)

    def under(kind: str, node: str) -> Verdict:
        return judged(BEFORE, high, *window(kind, node, 1.7, 1.9), AFTER).verdict

    assert under("crash", "coordinator") is Verdict.HELD
    assert under("terminate", "coordinator") is Verdict.HELD
    assert under("pause", "coordinator") is Verdict.VIOLATED
    assert under("crash", "worker1") is Verdict.VIOLATED
    too_early = window("crash", "coordinator", 0.6, 0.8)
    assert judged(BEFORE, high, *too_early, AFTER).verdict is Verdict.VIOLATED


def test_after_the_load_nothing_is_pending() -> None:
    assert judged(BEFORE, DURING, status(at=2.5, submitted=2, completed=1, pending=1)) == finding(
        Verdict.VIOLATED, "1 still pending after the load", (4,)
    )


def test_an_answer_that_a_client_has_is_on_the_books() -> None:
    forgotten = status(at=2.5, submitted=1, completed=0, failed=1)
    assert judged(BEFORE, DURING, forgotten) == finding(Verdict.VIOLATED, "0 completed on the books, 1 answered", (4,))
    reused = status(at=0.5, submitted=5, completed=5)  # the same cluster has served another run before
    never_counted = status(at=2.5, submitted=5, completed=5)
    assert judged(reused, never_counted, never_counted).verdict is Verdict.VIOLATED


def test_too_few_samples_or_none_after_the_load_decide_nothing() -> None:
    assert judged(BEFORE, AFTER) == finding(
        Verdict.INCONCLUSIVE, "2 readable samples of the books, 3 are needed", (), samples=2
    )
    assert judged(BEFORE, DURING, DURING) == finding(
        Verdict.INCONCLUSIVE, "the books were never read after the load had ended", ()
    )
    assert books_balance(samples=2).judge(golden(*ONE_ANSWER, BEFORE, AFTER)).verdict is Verdict.HELD
    assert books_balance().judge(golden(BEFORE, DURING, AFTER)).verdict is Verdict.INCONCLUSIVE


def test_of_several_coordinators_each_has_books_of_its_own() -> None:
    def of(node: str, *drafts: Draft) -> list[Draft]:
        return [replace(draft, f=f"status of {node}") for draft in drafts]

    through_two = (ask(0, at=1.0), ok(0, at=2.0, request_id="a", through="coordinator2"))
    idle = of("coordinator1", *(status(at=at, submitted=0, completed=0) for at in (0.5, 1.5, 2.5)))
    run = golden(*through_two, idle, of("coordinator2", BEFORE, DURING, AFTER))
    for coordinator in ("coordinator1", "coordinator2"):
        assert books_balance(coordinator=coordinator).judge(run).verdict is Verdict.HELD
    assert books_balance().judge(run).verdict is Verdict.INCONCLUSIVE
    swapped = golden(*through_two, idle, of("coordinator2", BEFORE, DURING, status(at=2.5, submitted=0, completed=0)))
    assert books_balance(coordinator="coordinator2").judge(swapped).verdict is Verdict.VIOLATED


def test_the_end_of_one_coordinator_empties_no_others_books() -> None:
    high = status(at=1.5, submitted=3, completed=3)
    mine = [replace(draft, f="status of coordinator2") for draft in (BEFORE, high, AFTER)]
    for ended, verdict in (("coordinator1", Verdict.VIOLATED), ("coordinator2", Verdict.HELD)):
        run = golden(*ONE_ANSWER, mine, window("crash", ended, 1.7, 1.9))
        assert books_balance(coordinator="coordinator2").judge(run).verdict is verdict


def test_what_its_client_gave_up_may_be_pending_until_its_deadline() -> None:
    def pending(*request: Draft, at: float) -> Finding:
        books = (BEFORE, DURING, status(at=at, submitted=2, completed=1, pending=1))
        return books_balance().judge(golden(*ONE_ANSWER, *request, *books))

    cut = (ask(1, at=1.8), info(1, at=1.9, error="ServerDisconnectedError"))
    assert pending(*cut, at=16.7) == finding(Verdict.HELD, "balanced in each of 3 samples", ())
    assert pending(*cut, at=16.9).message == "1 still pending after the load"
    told = (ask(1, at=1.8), info(1, at=1.9, error="504", status=504, request_id="b"))
    assert pending(*told, at=2.5).message == "1 still pending after the load"
    moved = (ask(1, at=1.8), ok(1, at=1.9, request_id="b", tries=[{"through": "coordinator1", "type": "info"}]))
    books = (BEFORE, DURING, status(at=2.5, submitted=3, completed=2, pending=1))
    assert books_balance().judge(golden(*ONE_ANSWER, *moved, *books)).verdict is Verdict.HELD
