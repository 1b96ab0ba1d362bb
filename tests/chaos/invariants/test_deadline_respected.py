from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chaos.invariants import deadline_respected
from reports.verdict import Finding, Verdict
from tests.chaos.invariants.golden import ask, fail, golden, info, ok

HASTY: Mapping[str, Any] = {"system": {"settings": {"worker_timeout_s": 3.0, "request_timeout_s": 0.5}}}


def test_every_kind_of_answer_may_take_until_the_deadline() -> None:
    run = golden(
        *(ask(0, at=1.0), ok(0, at=1.4, request_id="a")),
        *(ask(1, at=1.0), fail(1, at=1.6)),
        *(ask(2, at=1.0), info(2, at=1.7, error="504", request_id="b", status=504)),
        facts=HASTY,
    )
    assert deadline_respected().judge(run) == Finding(
        "deadline_respected",
        Verdict.HELD,
        "3 requests, each answered within 0.5 s + 0.25 s",
        (),
        {"requests": 3, "late": 0, "deadline_s": 0.5, "p99_s": 0.7},
    )


def test_an_answer_after_the_deadline_and_no_answer_at_all_are_too_late() -> None:
    run = golden(
        *(ask(0, at=1.0), ok(0, at=1.8, request_id="a")),
        *(ask(1, at=2.0), ask(2, at=2.0), ok(2, at=3.0, request_id="b")),
        facts=HASTY,
    )
    assert deadline_respected().judge(run) == Finding(
        "deadline_respected",
        Verdict.VIOLATED,
        "3 of 3 requests later than 0.5 s + 0.25 s: "
        "a (after 0.80 s), op 2 (never answered in 1.00 s), b (after 1.00 s)",
        (1, 2, 4),
        {"requests": 3, "late": 3, "deadline_s": 0.5, "p99_s": 1.0},
    )
    assert deadline_respected(slack_s=1).judge(run) == Finding(
        "deadline_respected",
        Verdict.INCONCLUSIVE,
        "the record ends while 1 request may still be answered in time",
        (2,),
        {"requests": 3, "late": 0, "deadline_s": 0.5, "p99_s": 1.0},
    )


def test_without_a_deadline_of_its_own_a_request_has_five_worker_timeouts() -> None:
    def took(seconds: float, facts: Mapping[str, Any]) -> Verdict:
        run = golden(ask(0, at=1.0), info(0, at=1.0 + seconds, error="504"), facts=facts)
        return deadline_respected().judge(run).verdict

    impatient = {"system": {"settings": {"worker_timeout_s": 1.0}}}
    assert [took(seconds, impatient) for seconds in (5.2, 5.3)] == [Verdict.HELD, Verdict.VIOLATED]
    assert [took(seconds, {}) for seconds in (15.2, 15.3)] == [Verdict.HELD, Verdict.VIOLATED]


def test_without_requests_nothing_is_decided() -> None:
    assert deadline_respected().judge(golden()) == Finding(
        "deadline_respected", Verdict.INCONCLUSIVE, "no request was asked"
    )
