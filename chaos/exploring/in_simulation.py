"""Runs cases in virtual time and in memory: nothing is written, and the same case always comes to the same."""

from __future__ import annotations

from chaos.case import Case
from chaos.exploring.trial import Runner, Trial
from chaos.invariants import judge_all
from chaos.judgement import OF_THE_RUN
from chaos.problems import HarnessProblem, leaves
from chaos.run import every_run
from chaos.substrate import Substrate
from reports.history import History
from reports.record import Record
from reports.verdict import Finding, Verdict


def in_simulation() -> Runner:
    """For who has no event loop running. What the simulation cannot do is INCONCLUSIVE."""
    from chaos.clusters.simulated.simulate import simulate  # noqa: PLC0415 - only who simulates needs the core

    def run(case: Case) -> Trial:
        record, problems = Record({}, History(())), list[HarnessProblem]()
        try:
            record = simulate(case.workload, case.schedule, seed=case.seed, system=case.system)
        except* HarnessProblem as group:
            problems += leaves(group)
        if problems:
            told = "; ".join(dict.fromkeys(map(str, problems)))
            return Trial(record, (Finding(OF_THE_RUN, Verdict.INCONCLUSIVE, told),))
        return Trial(record, judge_all(record, (*case.judges, *every_run(case.judges))))

    return Runner(Substrate.SIMULATED.value, run, repeatable=True)
