from __future__ import annotations

from chaos.invariants import faults_bit
from reports.verdict import Finding, Verdict
from tests.chaos.invariants.golden import golden, window


def test_a_control_run_has_no_fault_that_could_have_bitten() -> None:
    assert faults_bit().judge(golden()) == Finding(
        "faults_bit", Verdict.HELD, "no fault was scheduled", (), {"faults": 0, "bit": 0}
    )


def test_faults_with_evidence_have_bitten() -> None:
    run = golden(window("crash", "worker1", 1.0, 2.0), window("pause", "worker2", 3.0, None))
    assert faults_bit().judge(run) == Finding(
        "faults_bit", Verdict.HELD, "2 faults, each seen to bite", (), {"faults": 2, "bit": 2}
    )


def test_a_fault_without_evidence_decides_nothing_and_is_named() -> None:
    run = golden(
        window("crash", "worker1", 1.0, 2.0),
        window("blackhole", "coordinator→worker1", 3.0, 4.0, bit=False),
        window("pause", "worker2", 5.0, 6.0, bit=None),
    )
    assert faults_bit().judge(run) == Finding(
        "faults_bit",
        Verdict.INCONCLUSIVE,
        "no evidence that blackhole on coordinator→worker1 bit: nothing changed; "
        "no evidence that pause on worker2 bit: nobody looked whether it bit",
        (5, 6, 7, 8, 9, 10, 11, 12, 13),
        {"faults": 3, "bit": 1},
    )


def test_a_scheduled_fault_that_was_never_injected_decides_nothing() -> None:
    faults = [{"kind": "crash", "target": "worker1"}, {"kind": "crash", "target": "worker2"}]
    run = golden(window("crash", "worker1", 1.0, 2.0), schedule={"version": 1, "faults": faults})
    assert faults_bit().judge(run) == Finding(
        "faults_bit", Verdict.INCONCLUSIVE, "1 of 2 faults never injected", (), {"faults": 2, "bit": 1}
    )
