from __future__ import annotations

from chaos.invariants import no_loss
from reports.verdict import Finding, Verdict
from tests.chaos.invariants.golden import ask, fail, golden, info, ok, window


def test_a_run_in_which_all_were_answered_lost_nothing() -> None:
    run = golden(ask(0, at=1.0), ok(0, at=1.5, request_id="a"), ask(0, at=2.0), ok(0, at=2.5, request_id="b"))
    assert no_loss().judge(run) == Finding(
        "no_loss", Verdict.HELD, "2 requests asked, all answered", (), {"requests": 2, "judged": 2, "lost": 0}
    )


def test_what_timed_out_or_never_came_back_is_lost_and_named_with_the_fault_in_force() -> None:
    run = golden(
        ask(0, at=1.0),
        ok(0, at=1.5, request_id="a"),
        window("crash", "worker1", 2.0, 4.0),
        ask(1, at=2.5),
        ask(2, at=3.0),
        info(1, at=5.5, error="504: Inference request timed out", request_id="b"),
    )
    assert no_loss().judge(run) == Finding(
        "no_loss",
        Verdict.VIOLATED,
        "2 of 3 requests lost, asked between 2.50 s and 3.00 s (in force: crash on worker1): "
        "b (504: Inference request timed out), op 6 (never answered)",
        (9, 6),
        {"requests": 3, "judged": 3, "lost": 2},
    )


def test_a_refused_request_is_lost_unless_refusals_are_allowed() -> None:
    run = golden(ask(0, at=1.0), fail(0, at=1.1), ask(1, at=2.0), ok(1, at=2.1, request_id="a"))
    assert no_loss().judge(run) == Finding(
        "no_loss",
        Verdict.VIOLATED,
        "1 of 2 requests lost, asked at 1.00 s (no fault in force): op 0 (503)",
        (1,),
        {"requests": 2, "judged": 2, "lost": 1},
    )
    assert no_loss(refusals="allowed").judge(run) == Finding(
        "no_loss", Verdict.HELD, "1 request asked, all answered", (), {"requests": 2, "judged": 1, "lost": 0}
    )


def test_a_timeout_is_lost_even_where_refusals_are_allowed() -> None:
    run = golden(ask(0, at=1.0), info(0, at=16.0))
    finding = no_loss(refusals="allowed").judge(run)
    assert (finding.verdict, finding.evidence) == (Verdict.VIOLATED, (1,))


def test_only_the_first_few_lost_requests_are_named_and_all_are_evidence() -> None:
    run = golden([ask(client, at=client * 0.1) for client in range(8)])
    finding = no_loss().judge(run)
    assert finding.message.endswith("op 4 (never answered) and 3 more")
    assert finding.evidence == tuple(range(8))


def test_nothing_can_be_lost_where_nothing_was_asked_or_all_was_refused() -> None:
    assert no_loss().judge(golden()) == Finding(
        "no_loss", Verdict.INCONCLUSIVE, "no request was asked: nothing could be lost"
    )
    refused = golden(ask(0, at=1.0), fail(0, at=1.1))
    assert no_loss(refusals="allowed").judge(refused) == Finding(
        "no_loss", Verdict.INCONCLUSIVE, "all of 1 request were refused: nothing could be lost"
    )
