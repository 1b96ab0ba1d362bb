"""What a noisy machine makes of findings: failures of timing decide nothing, everything else stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.invariants import (
    Invariant,
    batches_within,
    clock_steady,
    deadline_respected,
    goodput_at_least,
    latency_below,
    no_loss,
    no_retry_storm,
    recovers_within,
    retries_explained,
    work_conserving,
)
from reports.history import MACHINE, OpType
from reports.noise import F
from reports.verdict import Verdict
from tests.chaos.invariants.golden import Draft, ask, golden, ok, served, window
from tests.chaos.invariants.golden_logs import attempt, became, computed, ended, logged

CALM = served(0, 0.0, 4.0, took=0.02)
OUT = [ask(900 + number, at=5.0 + number / 10) for number in range(60)]
LATER = served(2000, 11.0, 25.0, took=0.02)


def noted(*times_s: float, delay_ms: float, stepped_s: float = 0.0) -> list[Draft]:
    """Of twenty timers before each of these times, the last one late."""
    value = {
        "delays_ms": [0.0] * 19 + [delay_ms],
        "every_ms": 50.0,
        "steal": None,
        "waited": None,
        "stepped_s": stepped_s,
    }
    return [Draft(at_s, MACHINE, OpType.INFO, F, value) for at_s in times_s]


@pytest.mark.parametrize(
    "invariant",
    [
        pytest.param(latency_below(10), id="latency_below"),
        pytest.param(deadline_respected(), id="deadline_respected"),
        pytest.param(goodput_at_least(0.9), id="goodput_at_least"),
        pytest.param(recovers_within(1), id="recovers_within"),
    ],
)
def test_what_looks_like_a_failure_of_timing_decides_nothing_on_a_noisy_machine(invariant: Invariant) -> None:
    broken = (CALM, window("crash", "worker1", 4.5, 5.0), OUT, LATER)
    quiet, noisy = noted(*range(1, 15), delay_ms=2.0), noted(*range(7, 15), delay_ms=300.0)
    plain = invariant.judge(golden(*broken))
    assert plain.verdict is Verdict.VIOLATED
    assert invariant.judge(golden(*broken, quiet)).verdict is Verdict.VIOLATED
    excused = invariant.judge(golden(*broken, noisy))
    assert excused.verdict is Verdict.INCONCLUSIVE
    assert excused.message.startswith(
        "the machine was too noisy: timers fired 300 ms late at the 99th percentile (250 ms are tolerated); else"
    )
    assert excused.figures == plain.figures


def test_who_stood_still_with_the_machine_was_not_kept_waiting_nor_sent_elsewhere_for_nothing(tmp_path: Path) -> None:
    waited = ended("c", admitted=2.0, at=3.5, attempts=[attempt("worker1", 1.0, 1.5)])
    logs = logged(tmp_path / "logs", coordinator=[became("worker1", "up", at=0.0), waited], worker1=[])
    retried = (ask(0, at=8.0), ok(0, at=8.1, request_id="c", retries=1))
    broken = (window("crash", "worker1", 1.0, 2.0), retried)
    noisy = noted(*range(7, 15), delay_ms=300.0)
    for each in (work_conserving(), batches_within(3, 0.1), no_retry_storm(), retries_explained(grace_s=1)):
        assert each.judge(golden(*broken, logs=logs)).verdict is Verdict.VIOLATED, each.name
        assert each.judge(golden(*broken, noisy, logs=logs)).verdict is Verdict.INCONCLUSIVE, each.name
    for each in (batches_within(1, 0.1), retries_explained(at_most=0)):
        large = logged(
            tmp_path / "large", coordinator=[became("worker1", "up", at=0.0), waited], worker1=[computed("c", "d")]
        )
        assert each.judge(golden(*broken, noisy, logs=large)).verdict is Verdict.VIOLATED, each.name


def test_a_loss_stays_a_loss_and_what_held_in_spite_of_noise_held() -> None:
    noisy = noted(*range(1, 15), delay_ms=300.0)
    assert no_loss().judge(golden(CALM, OUT, noisy)).verdict is Verdict.VIOLATED
    assert latency_below(50).judge(golden(served(0, 0.0, 12.0), noisy)).verdict is Verdict.HELD


@pytest.mark.parametrize("invariant", [goodput_at_least(0.5), recovers_within(3)], ids=lambda each: each.name)
def test_a_baseline_that_was_taken_on_a_noisy_machine_is_none(invariant: Invariant) -> None:
    drafts = (CALM, window("crash", "worker1", 4.5, 5.0), served(2000, 5.0, 20.0))
    assert invariant.judge(golden(*drafts, noted(1, 2, 3, 4, delay_ms=3.0))).verdict is Verdict.HELD
    finding = invariant.judge(golden(*drafts, noted(1, 2, 3, 4, delay_ms=300.0)))
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.message.startswith("no steady state: the machine was too noisy: ")


def test_a_clock_that_was_set_decides_nothing_and_says_by_how_much() -> None:
    calm = noted(1, delay_ms=0.0, stepped_s=0.02)
    assert clock_steady().judge(golden(CALM)).verdict is Verdict.HELD
    assert clock_steady().judge(golden(CALM, calm)).verdict is Verdict.HELD
    finding = clock_steady().judge(golden(CALM, calm, noted(2, delay_ms=0.0, stepped_s=-3600.0)))
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.message == "the clock of this machine was set by -3600.0 s while the run went on"
    assert len(finding.evidence) == 1
