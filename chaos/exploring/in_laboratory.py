"""Runs cases on whatever substrate a laboratory has, each with a run directory of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from chaos.case import Case
from chaos.experiment import Experiment
from chaos.exploring.trial import Runner, Trial
from chaos.laboratory import Laboratory
from chaos.run import Inconclusive, Run, Violated
from chaos.substrate import Substrate


async def carry_out(case: Case, experiment: Experiment, shrunk_from: Mapping[str, Any] | None = None) -> Run:
    """One run of it, judged whatever comes of it. Raises HarnessProblem where it could not even begin."""
    try:
        run = await experiment(
            case.workload, case.schedule, system=case.system, seed=case.seed, shrunk_from=shrunk_from
        )
    except Inconclusive:
        return experiment.runs[-1]  # the harness failed under way; the run says why
    with suppress(Violated, Inconclusive):
        run.holds(*case.judges)
    return run


def trial_of(run: Run) -> Trial:
    return Trial(run.record, run.judgement.findings, run.directory.path)


def in_laboratory(
    laboratory: Laboratory, *, scenario: str, test: str, replay: str, shrunk_from: Mapping[str, Any] | None = None
) -> Runner:
    """For who has no event loop running: each run has one of its own. Arguments as of `Experiment`, and of a call."""

    def run(case: Case) -> Trial:
        experiment = Experiment(laboratory, scenario=scenario, test=test, replay=replay)
        return trial_of(asyncio.run(carry_out(case, experiment, shrunk_from)))

    return Runner(laboratory.substrate, run, repeatable=laboratory.substrate == Substrate.SIMULATED)
