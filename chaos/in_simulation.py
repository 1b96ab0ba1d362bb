"""Runs cases in virtual time and in memory: nothing is written, and the same case always comes to the same."""

from __future__ import annotations

from chaos.case import Case
from chaos.invariants import judge_all
from chaos.problems import HarnessProblem
from chaos.run import every_run
from chaos.substrate import Substrate
from chaos.trial import Runner, Trial
from reports.history import History
from reports.record import Record
from reports.verdict import Finding, Verdict


def in_simulation() -> Runner:
    """For who has no event loop running. What the simulation cannot do is INCONCLUSIVE."""
    from chaos.clusters.simulated.simulate import simulate  # noqa: PLC0415 - only who simulates needs the core

    def run(case: Case) -> Trial:
        try:
            record = simulate(case.workload, case.schedule, seed=case.seed, system=case.system)
        except HarnessProblem as problem:
            undecided = Finding("experiment", Verdict.INCONCLUSIVE, str(problem))
            return Trial(Record({}, History(())), (undecided,))
        return Trial(record, judge_all(record, (*case.judges, *every_run())))

    return Runner(Substrate.SIMULATED.value, run, repeatable=True)
