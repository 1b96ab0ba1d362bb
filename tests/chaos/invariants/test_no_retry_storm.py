from __future__ import annotations

from chaos.invariants import no_retry_storm
from reports.verdict import Finding, Verdict
from tests.chaos.invariants.golden import Draft, ask, golden, ok, window

CRASH = window("crash", "worker1", 2.0, 4.0)


def asked(first: int, start: float, end: float, retries: int = 0) -> list[Draft]:
    """Ten requests a second."""
    return [
        draft
        for client, at in (
            (first + number, round(start + number / 10, 6)) for number in range(round((end - start) * 10))
        )
        for draft in (ask(client, at=at), ok(client, at=at + 0.02, request_id=f"r{client}", retries=retries))
    ]


def test_retries_end_with_the_fault() -> None:
    run = golden(CRASH, asked(0, 0, 2), asked(100, 2, 4, retries=1), asked(200, 4, 5.5, retries=1), asked(300, 6, 9))
    assert no_retry_storm().judge(run) == Finding(
        "no_retry_storm",
        Verdict.HELD,
        "30 requests asked 2 s after healing, each answered at the first attempt",
        (),
        {"attempts_per_request": 1.4118, "attempts_per_request_after": 1.0},
    )


def test_retries_that_go_on_after_healing_are_a_storm() -> None:
    run = golden(CRASH, asked(0, 0, 2), asked(300, 6, 9), asked(400, 9, 9.1, retries=3))
    finding = no_retry_storm().judge(run)
    assert finding == Finding(
        "no_retry_storm",
        Verdict.VIOLATED,
        "1 request retried later than 2 s after crash on worker1: r400 (3, asked at 9.00 s)",
        (finding.evidence[0],),
        {"attempts_per_request": 1.0588, "attempts_per_request_after": 1.0968},
    )
    assert run.history[int(finding.evidence[0])].value == {"request_id": "r400", "retries": 3}
    assert no_retry_storm(within_s=6).judge(run).verdict is Verdict.INCONCLUSIVE


def test_what_was_out_when_the_next_fault_struck_is_its_own_affair() -> None:
    again = window("crash", "worker1", 10.0, 11.0)
    out = (ask(900, at=9.99), ok(900, at=10.5, request_id="r900", retries=1))
    run = golden(CRASH, asked(0, 0, 2), asked(300, 6, 9.5), out, again, asked(400, 13, 16))
    assert no_retry_storm().judge(run).verdict is Verdict.HELD


def test_too_little_asked_after_healing_decides_nothing() -> None:
    run = golden(CRASH, asked(0, 0, 2), asked(300, 6, 7))
    assert no_retry_storm().judge(run) == Finding(
        "no_retry_storm",
        Verdict.INCONCLUSIVE,
        "too little was answered 2 s after crash on worker1, 20 needed",
        (),
        {"attempts_per_request": 1.0, "attempts_per_request_after": 1.0},
    )
    unhealed = golden(window("crash", "worker1", 2.0, None), asked(0, 0, 20))
    assert no_retry_storm().judge(unhealed).verdict is Verdict.INCONCLUSIVE


def test_without_a_fault_or_told_retries_nothing_is_decided() -> None:
    assert no_retry_storm().judge(golden(asked(0, 0, 20))) == Finding(
        "no_retry_storm", Verdict.INCONCLUSIVE, "no fault was injected: nothing could set retries off"
    )
    mute = golden(CRASH, ask(0, at=1.0), ok(0, at=1.5, request_id="a"))
    assert no_retry_storm().judge(mute).message == "no answer says how often it was retried"
    assert no_retry_storm().judge(golden()).message == "no request was asked"
