from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from chaos.bundled import bundled
from chaos.clusters.simulated.simulate import simulate
from chaos.faults import crash
from chaos.invariants import status_truthful
from chaos.workload import constant
from reports.verdict import Finding, Verdict
from system.coordinator.core.dispatcher import Dispatcher
from system.coordinator.core.member import Member
from system.coordinator.core.worker import AttemptFailed, Cause, Health
from tests.chaos.invariants.golden import Draft, Drafts, ask, golden, info, nemesis, ok, served, status, window
from tests.chaos.invariants.golden_logs import attempt, ended, logged

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


# ── workers that nothing happened to ─────────────────────────────────────────────────────────────────────────────────

# A request that tells what the log's clock says at a moment of the run: 100 s more.
KNOWN = (ask(90, at=0.2), ok(90, at=0.4, request_id="known"))
KNOWN_LINE = ended("known", admitted=100.2, at=100.4)
ENOUGH = [status(at=at, submitted=1, completed=1) for at in (0.4, 0.5, 0.6)]


def with_states(at: float, **states: str) -> Draft:
    workers = [{"id": name, "alive": state == "up", "state": state} for name, state in states.items()]
    told = status(at=at, submitted=1, completed=1)
    return Draft(told.at, told.process, told.type, told.f, {**(told.value or {}), "workers": workers})


def accused(tmp_path: Path, *drafts: Drafts, lines: list[dict[str, Any]] | None = None) -> Finding:
    """By a coordinator whose log has those lines, and is not there where it is told so by an empty list."""
    told = [KNOWN_LINE] if lines is None else lines
    logs = logged(tmp_path / "logs", **({"coordinator": told} if told else {}))
    return status_truthful(within_s=0.5).judge(golden(KNOWN, ENOUGH, *drafts, logs=logs))


UP_ONCE = with_states(1.0, worker1="up", worker2="up")


def left_out(until: float, **states: str) -> list[Draft]:
    """For longer than a healthy worker may be on end."""
    return [with_states(at, **states) for at in (until - 0.6, until)]


@pytest.mark.parametrize("state", ["suspected", "down", "ejected"])
def test_a_worker_that_nothing_happened_to_is_not_left_out(state: str, tmp_path: Path) -> None:
    elsewhere = [*window("pause", "worker2", 20.0, 21.0), *window("latency", "coordinator→worker2", 20.0, 21.0)]
    finding = accused(tmp_path, UP_ONCE, elsewhere, left_out(21.0, worker1=state, worker2="down"))
    assert finding.verdict is Verdict.VIOLATED
    assert finding.message == f"1 untruth: worker1 {state} at 21.00 s, to which nothing had happened"
    assert finding.figures == {"samples": 6, "within_s": 0.5, "untruths": 1}


@pytest.mark.parametrize(
    "reason",
    [
        window("pause", "worker1", 9.0, 10.5),
        window("pause", "coordinator", 9.0, 10.5),
        window("latency", "coordinator→worker1", 9.0, None),
        window("partition", "coordinator→worker2 + coordinator→worker1", 9.0, 10.5),
        nemesis(30.0, "exit", node="worker1", at_s=10.5, state="exit code 70"),
    ],
)
def test_a_worker_may_be_left_out_for_as_long_after_what_happened_to_it(reason: Drafts, tmp_path: Path) -> None:
    assert accused(tmp_path, UP_ONCE, reason, left_out(21.0, worker1="down")).verdict is Verdict.HELD
    assert accused(tmp_path, reason, UP_ONCE, left_out(8.9, worker1="down")).verdict is Verdict.VIOLATED


def test_a_worker_may_be_suspected_for_a_moment_without_a_reason(tmp_path: Path) -> None:
    states = [(20.0, "up"), (20.2, "suspected"), (20.7, "down"), (20.8, "trial"), (20.9, "suspected"), (21.3, "down")]
    told = [with_states(at, worker1=state) for at, state in states]
    assert accused(tmp_path, UP_ONCE, told).verdict is Verdict.HELD
    finding = accused(tmp_path, UP_ONCE, told, with_states(21.5, worker1="suspected"))
    assert finding.verdict is Verdict.VIOLATED
    assert finding.message == "1 untruth: worker1 suspected at 21.50 s, to which nothing had happened"


def test_what_happened_longer_ago_is_no_reason_but_for_an_ejection_that_began_then(tmp_path: Path) -> None:
    pause = window("pause", "worker1", 9.0, 10.5)
    assert accused(tmp_path, UP_ONCE, pause, left_out(22.5, worker1="down")).verdict is Verdict.VIOLATED
    since = [with_states(at, worker1="ejected") for at in (12.0, 21.0, 30.0)]
    assert accused(tmp_path, UP_ONCE, pause, since).verdict is Verdict.HELD
    again = [with_states(at, worker1=state) for at, state in ((31.0, "trial"), (32.0, "ejected"), (33.0, "ejected"))]
    assert accused(tmp_path, UP_ONCE, pause, since[:2], again).verdict is Verdict.VIOLATED


def test_an_attempt_that_failed_is_a_reason_unless_nobody_but_the_coordinator_knows_of_it(tmp_path: Path) -> None:
    def failed(cause: str | None) -> Finding:
        line = ended("r", admitted=115.0, at=116.0, attempts=[attempt("worker1", 0.1, 0.9, cause=cause)])
        return accused(tmp_path, UP_ONCE, left_out(21.0, worker1="down"), lines=[KNOWN_LINE, line])

    assert {cause: failed(cause).verdict for cause in ("cut", "too_slow", "refused", "not_sent")} == dict.fromkeys(
        ("cut", "too_slow", "refused", "not_sent"), Verdict.HELD
    )
    for cause in ("silent", "overtaken", "nobody_waits", None):
        assert failed(cause).verdict is Verdict.VIOLATED


def test_without_a_whole_log_nobody_can_say_that_there_was_no_reason(tmp_path: Path) -> None:
    down = left_out(21.0, worker1="down")
    finding = accused(tmp_path, UP_ONCE, down, lines=[])
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.message == (
        "no whole log of coordinator says whether an attempt failed there: "
        "worker1 down at 21.00 s, to which nothing had happened"
    )
    gaps = [KNOWN_LINE, {**ended("r", admitted=115.0, at=116.0), "lines_lost": 1}]
    assert accused(tmp_path, UP_ONCE, down, lines=gaps).verdict is Verdict.INCONCLUSIVE
    assert accused(tmp_path, UP_ONCE, lines=[]).verdict is Verdict.HELD


def test_why_a_worker_is_left_out_before_it_was_ever_up_may_lie_before_the_run(tmp_path: Path) -> None:
    assert accused(tmp_path, left_out(0.7, worker1="ejected")).verdict is Verdict.HELD
    strangers = (with_states(1.0, worker9="up"), *left_out(21.0, worker9="down", worker1="starting"))
    assert accused(tmp_path, UP_ONCE, strangers).verdict is Verdict.HELD


def test_a_coordinator_that_takes_a_healthy_worker_for_silent_is_found_out() -> None:
    heard = Dispatcher.heard
    times: dict[str, int] = {}

    def hard_of_hearing(dispatcher: Dispatcher, member: Member, health: Health) -> None:
        times[member.id] = times.get(member.id, 0) + 1
        if times[member.id] % 40 < 20:  # so for five seconds on end, and then again
            heard(dispatcher, member, health)
        else:
            dispatcher.not_heard(member, AttemptFailed(Cause.SILENT, "no heartbeat"))

    load, faults = constant(rate=20, seconds=12), [crash("worker3").between(2, 3)]
    sound = simulate(load, faults, seed=1, system=bundled())
    assert status_truthful().judge(sound).verdict is Verdict.HELD
    with patch.object(Dispatcher, "heard", hard_of_hearing):
        broken = simulate(load, faults, seed=1, system=bundled())
    finding = status_truthful().judge(broken)
    assert finding.verdict is Verdict.VIOLATED
    assert "worker1 suspected at" in finding.message
    assert "worker3" not in finding.message
