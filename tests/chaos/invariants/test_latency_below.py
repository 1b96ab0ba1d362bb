from __future__ import annotations

from chaos.invariants import latency_below
from reports.history import OpType
from reports.verdict import Finding, Verdict
from tests.chaos.invariants.golden import golden, served

QUICK = served(0, 0.0, 9.9, took=0.02)  # 99 requests
SLOW = served(200, 10.0, 10.1, took=0.5)  # and one


def test_one_slow_answer_of_a_hundred_is_not_seen_at_the_99th_percentile() -> None:
    assert latency_below(50).judge(golden(QUICK, SLOW)) == Finding(
        "latency_below",
        Verdict.HELD,
        "20 ms at quantile 0.99 of 100 answers, 50 ms promised",
        (),
        {"answers": 100, "quantile": 0.99, "found_ms": 20.0, "promised_ms": 50.0},
    )


def test_a_slower_quantile_than_promised_is_a_violation_and_its_answers_are_evidence() -> None:
    run = golden(QUICK, SLOW, served(300, 11.0, 11.1, took=0.4))
    assert latency_below(50).judge(run) == Finding(
        "latency_below",
        Verdict.VIOLATED,
        "400 ms at quantile 0.99 of 101 answers, 50 ms promised",
        (199, 201),
        {"answers": 101, "quantile": 0.99, "found_ms": 400.0, "promised_ms": 50.0},
    )
    assert latency_below(50, at=0.95).judge(run).verdict is Verdict.HELD


def test_only_what_was_due_in_the_time_given_is_judged() -> None:
    run = golden(QUICK, served(200, 10.0, 12.0, took=0.5), served(300, 12.0, 14.0))
    assert latency_below(50, at=0.9).judge(run).verdict is Verdict.VIOLATED
    assert latency_below(50, at=0.9, since_s=12).judge(run).verdict is Verdict.HELD
    assert latency_below(50, at=0.9, until_s=10).judge(run).verdict is Verdict.HELD
    assert latency_below(50, at=0.9, since_s=10, until_s=12).judge(run).figures["found_ms"] == 500


def test_too_few_answers_have_no_quantile() -> None:
    assert latency_below(50).judge(golden(QUICK)) == Finding(
        "latency_below", Verdict.INCONCLUSIVE, "99 answers in that time, 100 are needed"
    )
    refused = served(0, 0.0, 20.0, answer=OpType.FAIL)
    assert latency_below(50, at=0.5).judge(golden(refused)).message == "0 answers in that time, 20 are needed"
