from __future__ import annotations

from chaos.invariants import queue_bounded
from reports.history import OBSERVER, OpType
from reports.verdict import Finding, Verdict
from tests.chaos.invariants.golden import Draft, golden


def queue(at: float, length: object) -> Draft:
    return Draft(at, OBSERVER, OpType.OK, "status", {"queue_length": length})


def test_a_queue_up_to_its_limit_is_bounded() -> None:
    assert queue_bounded(10).judge(golden(queue(1, 0), queue(2, 10), queue(3, 4))) == Finding(
        "queue_bounded", Verdict.HELD, "at most 10 waited, 10 may", (), {"samples": 3, "longest": 10, "limit": 10}
    )


def test_one_sample_above_the_limit_is_a_violation() -> None:
    assert queue_bounded(10).judge(golden(queue(1, 0), queue(2, 11))) == Finding(
        "queue_bounded",
        Verdict.VIOLATED,
        "more than 10 waited in 1 sample: 11 at 2.00 s",
        (1,),
        {"samples": 2, "longest": 11, "limit": 10},
    )


def test_too_few_samples_that_tell_a_length_decide_nothing() -> None:
    assert queue_bounded(10).judge(golden(queue(1, 0), queue(2, None), queue(3, 1))) == Finding(
        "queue_bounded",
        Verdict.INCONCLUSIVE,
        "2 samples of the queue's length, 3 are needed",
        (),
        {"samples": 2, "longest": 1, "limit": 10},
    )
    assert queue_bounded(10, samples=2).judge(golden(queue(1, 0), queue(3, 1))).verdict is Verdict.HELD
