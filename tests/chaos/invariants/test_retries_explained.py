from __future__ import annotations

from chaos.invariants import retries_explained
from reports.verdict import Finding, Verdict
from tests.chaos.invariants.golden import Draft, ask, golden, info, ok, window

CRASH = window("crash", "worker1", 2.0, 4.0)


def asked(start: float, end: float, retries: int, client: int = 0) -> tuple[Draft, Draft]:
    return ask(client, at=start), ok(client, at=end, request_id=f"r{client}", retries=retries)


def test_nothing_retried_is_nothing_to_explain() -> None:
    assert retries_explained().judge(golden(*asked(1.0, 1.5, 0))) == Finding(
        "retries_explained",
        Verdict.HELD,
        "nothing was retried",
        (),
        {"retried": 0, "most": 0, "too_often": 0, "unexplained": 0},
    )


def test_a_fault_explains_the_retries_of_requests_that_lived_through_it() -> None:
    run = golden(CRASH, asked(1.0, 2.5, 1, client=0), asked(3.0, 3.5, 2, client=1), asked(6.9, 7.2, 1, client=2))
    assert retries_explained().judge(run) == Finding(
        "retries_explained",
        Verdict.HELD,
        "3 requests retried, at most 2 times, each under a fault",
        (),
        {"retried": 3, "most": 2, "too_often": 0, "unexplained": 0},
    )


def test_retries_before_the_fault_or_long_after_it_are_unexplained() -> None:
    run = golden(CRASH, asked(1.0, 1.9, 1, client=0), asked(7.1, 7.2, 1, client=1))
    assert retries_explained().judge(run) == Finding(
        "retries_explained",
        Verdict.VIOLATED,
        "2 requests retried without any fault: r0 (1, asked at 1.00 s), r1 (1, asked at 7.10 s)",
        (1, 8),
        {"retried": 2, "most": 1, "too_often": 0, "unexplained": 2},
    )


def test_more_retries_than_promised_are_too_many_even_under_a_fault() -> None:
    run = golden(CRASH, asked(2.5, 3.5, 3))
    assert retries_explained().judge(run) == Finding(
        "retries_explained",
        Verdict.VIOLATED,
        "1 request retried more than 2 times: r0 (3, asked at 2.50 s)",
        (4,),
        {"retried": 1, "most": 3, "too_often": 1, "unexplained": 0},
    )
    assert retries_explained(at_most=3).judge(run).verdict is Verdict.HELD


def test_the_grace_after_healing_is_the_runs_worker_timeout_unless_given() -> None:
    run = golden(CRASH, asked(5.5, 5.8, 1))
    assert retries_explained().judge(run).verdict is Verdict.HELD
    assert retries_explained(grace_s=1.0).judge(run).verdict is Verdict.VIOLATED
    impatient = golden(CRASH, asked(5.5, 5.8, 1), facts={"system": {"settings": {"worker_timeout_s": 1.0}}})
    assert retries_explained().judge(impatient).verdict is Verdict.VIOLATED
    silent = golden(CRASH, asked(6.5, 6.8, 1), facts={})
    assert retries_explained().judge(silent).verdict is Verdict.HELD


def test_a_fault_that_was_never_healed_explains_everything_after_it() -> None:
    run = golden(window("crash", "worker1", 2.0, None), asked(30.0, 31.0, 1))
    assert retries_explained().judge(run).verdict is Verdict.HELD


def test_a_failure_that_tells_its_retries_is_judged_too() -> None:
    run = golden(ask(0, at=1.0), info(0, at=16.0, request_id="a", retries=4))
    assert retries_explained().judge(run) == Finding(
        "retries_explained",
        Verdict.VIOLATED,
        "1 request retried more than 2 times: a (4, asked at 1.00 s); "
        "1 request retried without any fault: a (4, asked at 1.00 s)",
        (1,),
        {"retried": 1, "most": 4, "too_often": 1, "unexplained": 1},
    )


def test_one_answer_that_does_not_tell_leaves_the_run_undecided_but_excuses_no_other() -> None:
    mute = (ask(8, at=1.0), ok(8, at=1.5, request_id="a"))
    garbled = (ask(9, at=1.0), ok(9, at=1.6, request_id="b", retries="no"))
    assert retries_explained().judge(golden(asked(1.0, 1.5, 0), mute, garbled)) == Finding(
        "retries_explained",
        Verdict.INCONCLUSIVE,
        "2 of 3 answers do not say how often they were retried",
        (4, 5),
        {"retried": 0, "most": 0, "too_often": 0, "unexplained": 0},
    )
    assert retries_explained().judge(golden(asked(1.0, 1.5, 1), mute)).verdict is Verdict.VIOLATED


def test_answers_that_do_not_tell_decide_nothing() -> None:
    untold = golden(ask(0, at=1.0), ok(0, at=1.5, request_id="a"))
    assert retries_explained().judge(untold) == Finding(
        "retries_explained", Verdict.INCONCLUSIVE, "no answer says how often it was retried"
    )
    assert retries_explained().judge(golden()) == Finding(
        "retries_explained", Verdict.INCONCLUSIVE, "no request was asked"
    )
