from __future__ import annotations

import pytest

from chaos.invariants import fair_share
from reports.record import Record
from reports.verdict import Finding, Verdict
from tests.chaos.invariants.golden import Draft, ask, golden, ok, window


def answered(*workers: str, start: float = 0.0) -> list[Draft]:
    """One request after the other, each answered within 10 ms by the worker named."""
    return [
        draft
        for number, worker in enumerate(workers)
        for draft in (
            ask(0, at=start + number * 0.02),
            ok(0, at=start + number * 0.02 + 0.01, request_id=f"{start}-{number}", worker=worker),
        )
    ]


FAIR = ["worker1", "worker2", "worker3"] * 20


def judged(*drafts: list[Draft]) -> Finding:
    return fair_share(0.3).judge(golden(*drafts))


def test_workers_that_answer_a_third_each_share_fairly() -> None:
    finding = judged(answered(*FAIR))
    assert finding.verdict is Verdict.HELD
    assert finding.message == "60 answers shared by 3 workers, each within 30% of its part"
    assert finding.figures == {"answers": 60, **{f"share_of_worker{n}": 0.3333 for n in (1, 2, 3)}}


def test_a_worker_that_is_passed_over_or_overwhelmed_is_named() -> None:
    finding = judged(answered(*["worker1", "worker2"] * 30))
    assert finding.verdict is Verdict.VIOLATED
    assert finding.message == (
        "worker1 gave 30, 20 is its share, worker2 gave 30, 20 is its share, worker3 gave 0, 20 is its share, "
        "of 60 answers"
    )
    assert len(finding.evidence) == 60


def test_a_worker_answers_in_proportion_to_its_capacity() -> None:
    nodes = [{"name": "worker1", "capacity": 2}, {"name": "worker2", "capacity": 1}]
    run = golden(answered(*["worker1", "worker2", "worker1"] * 20), facts={"system": {"nodes": nodes}})
    assert fair_share(0.3).judge(run).verdict is Verdict.HELD


def test_what_was_answered_under_a_fault_or_soon_after_is_not_judged() -> None:
    crash = window("crash", "worker3", 2.0, 3.0)
    assert judged(answered(*FAIR), answered(*["worker1"] * 60, start=2.5), crash).verdict is Verdict.HELD
    assert judged(answered(*FAIR), answered(*["worker1"] * 60, start=4.5), crash).verdict is Verdict.HELD
    assert judged(answered(*FAIR), answered(*["worker1"] * 60, start=6.5), crash).verdict is Verdict.VIOLATED


@pytest.mark.parametrize(
    ("run", "why"),
    [
        (golden(answered(*FAIR[:30])), "30 answers while nothing was broken, 60 are needed"),
        (golden(answered(*FAIR), ask(1, at=9.0), ok(1, at=9.1)), "1 more do not say whose they are"),
        (golden(answered(*FAIR), facts={}), "0 workers: there is nobody to share with"),
    ],
)
def test_too_little_to_share_decides_nothing(run: Record, why: str) -> None:
    finding = fair_share().judge(run)
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert why in finding.message
