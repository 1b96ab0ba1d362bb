from __future__ import annotations

import pytest

from chaos.invariants import goodput_at_least
from reports.history import OpType
from reports.verdict import Finding, Verdict
from tests.chaos.invariants.golden import Draft, ask, golden, ok, served, window

# Ten requests a second from 0 s on; the steady state is what was answered from 0.5 s to the fault at 5 s: 45, so 10/s.
STEADY = served(0, 0.0, 5.0)


def test_two_of_three_workers_owe_two_thirds_of_the_steady_rate() -> None:
    # 5.0 to 9.9 s are judged: 3 s with two of three workers, then 1.9 s with all: 20 + 19 answers are to be expected.
    crash = window("crash", "worker1", 5.0, 8.0)
    during = served(100, 5.0, 8.0, every=0.15)  # 20 answers
    after = served(200, 8.0, 10.0)  # 20, the last of which arrives in the drain
    run = golden(STEADY, crash, during, after)
    assert goodput_at_least(1.0).judge(run) == Finding(
        "goodput_at_least",
        Verdict.HELD,
        "8.0 answers/s where 8.0 were to be expected: 1.00 of it, 1.00 promised",
        (),
        {"expected_rps": 7.959, "got_rps": 7.959, "ratio": 1.0, "judged_s": 4.9},
    )


def test_an_outage_that_takes_more_than_its_share_is_a_violation() -> None:
    crash = window("crash", "worker1", 5.0, 8.0)
    lost = served(100, 5.0, 8.0, answer=OpType.FAIL)  # one worker of three is down, and nothing is answered at all
    run = golden(STEADY, crash, lost, served(200, 8.0, 10.0))
    assert goodput_at_least(0.9).judge(run) == Finding(
        "goodput_at_least",
        Verdict.VIOLATED,
        "3.9 answers/s where 8.0 were to be expected: 0.49 of it, 0.90 promised",
        (),
        {"expected_rps": 7.959, "got_rps": 3.878, "ratio": 0.4872, "judged_s": 4.9},
    )
    assert goodput_at_least(0.48).judge(run).verdict is Verdict.HELD


def test_nothing_is_expected_of_a_time_in_which_every_worker_is_down() -> None:
    down = [window("crash", f"worker{n}", 5.0, 7.0) for n in (1, 2, 3)]
    waiting = served(100, 5.0, 7.0, took=2.1)  # they wait, and are answered once a worker is back
    run = golden(STEADY, *down, waiting, served(200, 7.0, 10.0))
    finding = goodput_at_least(0.9).judge(run)
    assert finding.verdict is Verdict.HELD
    assert finding.figures == {"expected_rps": 5.918, "got_rps": 10.0, "ratio": 1.6897, "judged_s": 4.9}


def test_without_the_coordinator_nothing_can_be_expected() -> None:
    run = golden(STEADY, window("crash", "coordinator", 5.0, None), served(100, 5.0, 6.0, answer=OpType.FAIL))
    assert goodput_at_least(0.9).judge(run) == Finding(
        "goodput_at_least", Verdict.INCONCLUSIVE, "nothing could be expected: no capacity survived"
    )


def test_no_more_is_expected_than_there_was_to_answer() -> None:
    slow = window("latency", "coordinator→worker1", 5.0, 8.0, takes_out=())
    run = golden(STEADY, slow, served(100, 5.0, 10.0, every=0.5))  # the load itself falls to a fifth
    finding = goodput_at_least(0.9).judge(run)
    assert (finding.verdict, finding.figures["expected_rps"]) == (Verdict.HELD, 2.222)


def test_a_closed_loop_that_asks_less_because_it_is_answered_less_is_held_to_the_steady_rate() -> None:
    def closed(client: int, start: float, end: float, every: float) -> list[Draft]:
        times = [round(start + every * n, 6) for n in range(round((end - start) / every))]
        return [
            draft for at in times for draft in (ask(client, at=at), ok(client, at=at + every / 2, request_id=f"r{at}"))
        ]

    slow = window("latency", "coordinator→worker1", 5.0, 8.0, takes_out=())
    run = golden(closed(0, 0.0, 5.0, 0.1), slow, closed(1, 5.0, 10.0, 0.5))
    finding = goodput_at_least(0.9).judge(run)
    assert (finding.verdict, finding.figures["expected_rps"]) == (Verdict.VIOLATED, 10.0)


def test_answers_in_the_drain_do_not_count() -> None:
    slow = window("pause", "worker1", 5.0, None, takes_out=())
    run = golden(STEADY, slow, served(100, 5.0, 10.0, took=20.0))
    finding = goodput_at_least(0.1).judge(run)
    assert (finding.verdict, finding.figures["got_rps"]) == (Verdict.VIOLATED, 0.0)


def test_a_control_run_is_held_to_its_own_arrivals() -> None:
    assert goodput_at_least(0.99).judge(golden(served(0, 0.0, 10.0))) == Finding(
        "goodput_at_least",
        Verdict.HELD,
        "10.1 answers/s where 10.1 were to be expected: 1.00 of it, 0.99 promised",
        (),
        {"expected_rps": 10.101, "got_rps": 10.08, "ratio": 0.998, "judged_s": 9.9},
    )
    half = golden(served(0, 0.0, 5.0), served(100, 5.0, 10.0, answer=OpType.INFO))
    assert goodput_at_least(0.9).judge(half).verdict is Verdict.VIOLATED
    none = golden(served(0, 0.0, 5.0, answer=OpType.FAIL))
    assert goodput_at_least(0.1).judge(none).figures["ratio"] == 0.0


def test_answering_twice_as_slowly_as_is_asked_halves_the_goodput_of_a_control_run() -> None:
    overloaded = [draft for n in range(100) for draft in (ask(n, at=n / 10, due_s=n / 10), ok(n, at=n / 5 + 0.1))]
    finding = goodput_at_least(0.9).judge(golden(overloaded))
    assert finding.verdict is Verdict.VIOLATED
    assert finding.figures["ratio"] == pytest.approx(0.5, abs=0.01)


def test_one_straggler_at_the_end_does_not_make_a_control_run_slow() -> None:
    run = golden(served(0, 0.0, 20.0), ask(900, at=20.0, due_s=20.0), ok(900, at=25.0))
    assert goodput_at_least(0.99).judge(run).verdict is Verdict.HELD


def test_without_a_steady_state_or_enough_requests_nothing_is_decided() -> None:
    early = golden(served(0, 0.0, 10.0), window("crash", "worker1", 1.0, 2.0))
    assert goodput_at_least(0.9).judge(early) == Finding(
        "goodput_at_least",
        Verdict.INCONCLUSIVE,
        "no steady state: 5 answers before the first fault, 20 are needed",
    )
    unended = golden(served(0, 0.0, 5.0), window("crash", "worker1", 6.0, 7.0))
    assert goodput_at_least(0.9).judge(unended) == Finding(
        "goodput_at_least", Verdict.INCONCLUSIVE, "no request was due after the first fault"
    )
    assert goodput_at_least(0.9).judge(golden(served(0, 0.0, 1.0))) == Finding(
        "goodput_at_least", Verdict.INCONCLUSIVE, "10 requests were asked, 20 are needed"
    )
    assert goodput_at_least(0.9).judge(golden()).verdict is Verdict.INCONCLUSIVE
    at_once = golden([ask(n, at=1.0, due_s=1.0) for n in range(20)])
    assert goodput_at_least(0.9).judge(at_once) == Finding(
        "goodput_at_least", Verdict.INCONCLUSIVE, "all requests were due at the same moment: they have no rate"
    )


def test_what_a_node_is_worth_must_be_known() -> None:
    run = golden(STEADY, window("crash", "worker1", 5.0, 8.0), served(100, 5.0, 10.0), facts={})
    assert goodput_at_least(0.9).judge(run) == Finding(
        "goodput_at_least", Verdict.INCONCLUSIVE, "the run does not say how much of the work each node does"
    )


def test_a_share_in_per_cent_is_refused_where_it_is_written() -> None:
    with pytest.raises(ValueError, match="share=90: Input should be less than or equal to 1"):
        goodput_at_least(90)
