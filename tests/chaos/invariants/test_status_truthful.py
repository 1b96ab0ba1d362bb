from __future__ import annotations

from chaos.invariants import status_truthful
from reports.verdict import Finding, Verdict
from tests.chaos.invariants.golden import Draft, Drafts, ask, golden, info, ok, served, status, window

# Forty requests, ten a second, answered in 20 ms.
SERVED = served(0, 1.0, 5.0)


def judged(*drafts: Drafts) -> Finding:
    return status_truthful(within_s=0.5).judge(golden(*drafts))


def said(at: float, completed: int, submitted: int | None = None) -> Draft:
    return status(at=at, submitted=completed if submitted is None else submitted, completed=completed)


def of_workers(at: float, *alive: str) -> Draft:
    told = status(at=at, submitted=0, completed=0)
    workers = [{"id": name, "alive": name in alive} for name in ("worker1", "worker2", "worker3")]
    return Draft(told.at, told.process, told.type, told.f, {**(told.value or {}), "workers": workers})


def test_counts_that_are_those_of_the_clients_are_true() -> None:
    finding = judged(SERVED, said(0.5, 0), said(2.0, 10), said(3.0, 20), said(6.0, 40))
    assert (finding.verdict, finding.message) == (Verdict.HELD, "true in each of 4 samples, give or take 0.5 s")


def test_answers_that_are_not_counted_or_counted_twice_are_untruths() -> None:
    finding = judged(SERVED, said(0.5, 0), said(2.0, 4), said(3.0, 20), said(6.0, 41, 40))
    assert finding.verdict is Verdict.VIOLATED
    assert finding.message == (
        "2 untruths: 4 completed at 2.00 s, clients had 5 to 15 answers, 41 completed at 6.00 s, clients had 40 answers"
    )
    assert finding.figures == {"samples": 4, "within_s": 0.5, "untruths": 2}


def test_what_was_counted_before_the_load_is_another_runs() -> None:
    assert judged(SERVED, said(0.5, 7), said(2.0, 17), said(6.0, 47)).verdict is Verdict.HELD
    assert judged(SERVED, said(0.5, 7), said(2.0, 10), said(6.0, 40)).verdict is Verdict.VIOLATED


def test_a_request_whose_fate_is_unknown_may_be_counted() -> None:
    unknown = (ask(90, at=1.0), info(90, at=5.5), ask(91, at=5.8), ok(91, at=5.9))
    assert judged(SERVED, unknown, said(0.5, 0), said(2.0, 10), said(7.0, 42)).verdict is Verdict.HELD
    assert judged(SERVED, unknown, said(0.5, 0), said(2.0, 10), said(7.0, 43)).verdict is Verdict.VIOLATED


def test_more_submitted_than_asked_is_an_untruth() -> None:
    finding = judged(SERVED, said(0.5, 0), said(2.0, 10), said(6.0, 40, 41))
    assert finding.message == "1 untruth: 41 submitted at 6.00 s, 40 had been asked"


def test_counts_of_emptied_books_are_not_compared() -> None:
    crash = window("crash", "coordinator", 3.0, 3.2)
    compared, after = (said(0.5, 0), said(1.5, 5), said(2.0, 10)), (said(4.0, 3), said(6.0, 13))
    finding = judged(SERVED, crash, *compared, *after)
    assert (finding.verdict, finding.message) == (Verdict.HELD, "true in each of 3 samples, give or take 0.5 s")
    finding = judged(SERVED, crash, *compared[:2], *after)
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.message == "2 samples of the counts that can be compared, 3 are needed"


def test_a_worker_that_is_long_out_is_not_alive() -> None:
    def told(*samples: Draft, healed: float | None = 5.0, bit: bool = True) -> Finding:
        return judged(SERVED[:2], window("pause", "worker1", 2.0, healed, bit=bit), *samples)

    others, every = ("worker2", "worker3"), ("worker1", "worker2", "worker3")
    true = [of_workers(0.5, *every), of_workers(2.4, *every), of_workers(3.0, *others), of_workers(4.6, *every)]
    assert "alive" not in told(*true).message
    finding = told(*true[:2], of_workers(3.0, *every))
    assert finding.verdict is Verdict.VIOLATED
    assert "worker1 alive at 3.00 s, 1.00 s into pause on worker1" in finding.message
    assert "alive" not in told(of_workers(3.0, *every), bit=False).message
    assert "alive" in told(of_workers(3.0, *every), healed=None).message


def test_too_few_samples_or_no_request_decide_nothing() -> None:
    few = (said(0.5, 0), said(6.0, 40, 0))
    assert judged(SERVED, few).message == "2 samples of the counts that can be compared, 3 are needed"
    assert judged(said(0.5, 0), said(6.0, 0)).message == "no request was asked: there was nothing to tell"
