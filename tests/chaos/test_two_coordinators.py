"""What two coordinators do to each other's requests, in virtual time."""

from __future__ import annotations

from collections import Counter
from typing import Final

from chaos.bundled import bundled
from chaos.clusters.simulated.simulate import simulate
from chaos.invariants import answered_once, answers_correct
from chaos.workload import poisson
from reports.history import OpType
from reports.verdict import Verdict

POISON: Final = "a film that stops the heart"
SEEDS: Final = 10
DEADLY: Final = bundled(
    coordinators=2,
    coordinator={"BATCH_SIZE": "8"},
    worker={"CRASH_ON": POISON, "MAX_DELAY": "0.2"},
    restart_after_s=1.0,
)


def test_poison_of_one_coordinator_convicts_nothing_that_another_has_at_the_same_worker() -> None:
    """A worker says when it begins a batch: what was behind the poison, whoever had sent it, is no suspect."""
    workload = poisson(rate=40, seconds=10).sending(POISON, at=3).sending(POISON, at=7)
    became: Counter[tuple[bool, OpType]] = Counter()
    for seed in range(SEEDS):
        record = simulate(workload, [], seed=seed, system=DEADLY)
        became.update((each.input == POISON, each.outcome) for each in record.requests)
        for judge in (answered_once(), answers_correct()):
            assert judge.judge(record).verdict is Verdict.HELD
    assert {outcome for poison, outcome in became if not poison} == {OpType.OK}
    assert {outcome for poison, outcome in became if poison}.isdisjoint({OpType.OK})
    assert sum(number for (poison, _), number in became.items() if poison) == 2 * SEEDS
