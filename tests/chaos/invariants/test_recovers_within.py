from __future__ import annotations

from chaos.invariants import recovers_within
from reports.history import OpType
from reports.verdict import Finding, Verdict
from tests.chaos.invariants.golden import Drafts, golden, served, window

# Ten requests a second, each answered in 20 ms: three times that is below the floor of 250 ms, which is the bound.
STEADY = served(0, 0.0, 5.0)  # ops 0 to 99
CRASH = window("crash", "worker1", 5.0, 7.0)
OPENED = (100, 101, 102)  # inject, injected and evidence come before the first request of the same moment


def judged(*drafts: Drafts, seconds: float = 3.0) -> Finding:
    return recovers_within(seconds).judge(golden(STEADY, *drafts))


def finding(verdict: Verdict, message: str, evidence: tuple[int, ...], slowest_s: float | None) -> Finding:
    return Finding(
        "recovers_within",
        verdict,
        message,
        evidence,
        {"outages": 1, "slowest_recovery_s": slowest_s, "bound_ms": 250.0},
    )


def test_service_that_no_client_missed_has_recovered_at_once() -> None:
    assert judged(CRASH, served(100, 5.0, 12.0)) == finding(
        Verdict.HELD, "crash on worker1: recovered 0.00 s after healing", (*OPENED, 143, 144), 0.0
    )


def test_recovery_lasts_until_the_first_good_second_of_arrivals() -> None:
    # From 8.1 s on all is well: the second that begins at 8.1 is the first of which 95 % are answered.
    after = (served(100, 5.0, 8.1, answer=OpType.FAIL), served(200, 8.1, 12.0))
    assert judged(CRASH, *after) == finding(
        Verdict.HELD, "crash on worker1: recovered 1.10 s after healing", (*OPENED, 143, 144), 1.1
    )
    assert judged(CRASH, *after, seconds=0.9) == finding(
        Verdict.VIOLATED,
        "crash on worker1: not recovered 0.9 s after healing, only after 1.10 s",
        (*OPENED, 143, 144),
        1.1,
    )
    # Between the last arrival that still found it bad, at 1.0 s, and the first that did not, nobody can tell.
    assert judged(CRASH, *after, seconds=1.05).verdict is Verdict.INCONCLUSIVE


def test_service_that_stays_bad_has_not_recovered() -> None:
    assert judged(CRASH, served(100, 5.0, 12.0, answer=OpType.INFO)) == finding(
        Verdict.VIOLATED,
        "crash on worker1: not recovered 3 s after healing, nor for as long as anybody asked",
        (*OPENED, 143, 144),
        None,
    )


def test_answers_slower_than_before_are_no_recovery() -> None:
    slow = served(100, 5.0, 12.0, took=0.3)
    assert judged(CRASH, slow).verdict is Verdict.VIOLATED
    patient = recovers_within(3.0, floor_ms=400.0).judge(golden(STEADY, CRASH, slow))
    assert patient.verdict is Verdict.HELD
    by_steady_state = recovers_within(3.0, slowdown=20.0).judge(golden(STEADY, CRASH, slow))
    assert (by_steady_state.verdict, by_steady_state.figures["bound_ms"]) == (Verdict.HELD, 400.0)


def test_a_share_of_the_answers_may_be_missing() -> None:
    refused = served(100, 5.0, 12.0, every=1.0, answer=OpType.FAIL)
    run = golden(STEADY, CRASH, refused, served(200, 5.05, 12.0))  # of eleven in a second, one
    assert recovers_within(3.0).judge(run).verdict is Verdict.VIOLATED
    assert recovers_within(3.0, share=0.9).judge(run).verdict is Verdict.HELD


def test_a_run_that_ends_too_early_decides_nothing() -> None:
    told = "crash on worker1: too little was asked after healing to tell whether it took 3 s"
    assert judged(CRASH, served(100, 5.0, 8.5, answer=OpType.FAIL)).message == told
    assert judged(CRASH, served(100, 5.0, 7.5)).verdict is Verdict.INCONCLUSIVE
    assert judged(CRASH).verdict is Verdict.INCONCLUSIVE


def test_a_time_in_which_nobody_asked_is_counted_neither_for_nor_against() -> None:
    rare = served(100, 10.0, 14.0)  # the first to ask after healing does so 3 s later
    assert judged(CRASH, rare, seconds=3.5).verdict is Verdict.HELD
    assert judged(CRASH, rare, seconds=2.5).verdict is Verdict.INCONCLUSIVE


def test_of_faults_that_overlap_the_last_healing_counts() -> None:
    second = window("pause", "worker2", 6.0, 9.0)
    down = served(100, 5.0, 9.5, answer=OpType.FAIL)
    run = golden(STEADY, CRASH, second, down, served(200, 9.5, 14.0))
    found = recovers_within(1.0).judge(run)
    assert found.verdict is Verdict.HELD
    assert found.message == "crash on worker1, pause on worker2: recovered 0.50 s after healing"
    assert (found.figures["outages"], found.figures["slowest_recovery_s"]) == (1, 0.5)


def test_faults_that_leave_no_second_between_them_are_one_outage() -> None:
    again = [window("reset", "coordinator→worker1", 5.0 + n, 5.5 + n) for n in range(4)]
    found = judged(*again, served(100, 5.0, 9.0, answer=OpType.FAIL), served(200, 9.0, 14.0), seconds=1.0)
    assert found.verdict is Verdict.HELD
    assert found.message == "reset on coordinator→worker1: recovered 0.50 s after healing"
    assert found.figures["outages"] == 1


def test_each_outage_is_judged_by_itself_and_the_worst_is_told() -> None:
    second = window("pause", "worker2", 10.0, 11.0)
    run = golden(STEADY, CRASH, second, served(100, 5.0, 10.0), served(200, 10.0, 18.0, answer=OpType.FAIL))
    found = recovers_within(3.0).judge(run)
    assert found.verdict is Verdict.VIOLATED
    assert found.message == "pause on worker2: not recovered 3 s after healing, nor for as long as anybody asked"
    assert (found.figures["outages"], found.figures["slowest_recovery_s"]) == (2, None)


def test_the_next_fault_ends_the_time_to_recover_in() -> None:
    second = window("pause", "worker2", 8.5, 9.0)
    run = golden(STEADY, CRASH, second, served(100, 5.0, 9.0, answer=OpType.FAIL), served(200, 9.0, 14.0))
    found = recovers_within(3.0).judge(run)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.message.startswith("crash on worker1: too little was asked")


def test_faults_that_were_never_healed_or_never_injected_decide_nothing() -> None:
    assert judged(window("crash", "worker1", 5.0, None), served(100, 5.0, 12.0)) == finding(
        Verdict.INCONCLUSIVE, "crash on worker1: never healed", OPENED, None
    )
    assert judged() == Finding(
        "recovers_within", Verdict.INCONCLUSIVE, "no fault was healed: there is nothing to recover from"
    )
    assert recovers_within(3).judge(golden(CRASH)) == Finding(
        "recovers_within",
        Verdict.INCONCLUSIVE,
        "no steady state: 0 answers before the first fault, 20 are needed; start the fault later or raise the rate",
    )
