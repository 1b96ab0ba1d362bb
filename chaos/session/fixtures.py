"""Between pytest's objects and the harness's: what the fixtures of `chaos.plugin` are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chaos.experiment import Experiment
from chaos.exploring.parts import Part
from chaos.exploring.regression import FOLDER
from chaos.laboratory import Laboratory
from chaos.problems import HarnessProblem
from chaos.provenance import provenance
from chaos.session.replay import replay_command
from chaos.session.terminal import aside, watcher
from chaos.substrate import REQUIRED, Substrate, SubstrateMissing, launcher, required, timekeeper
from reports.verdict import Verdict

if TYPE_CHECKING:
    from chaos.exploring.explorer import Explorer


def open_laboratory(config: pytest.Config, *, seed: int) -> Laboratory:
    """For one session. Where its substrate is missing the test is skipped, or fails if the substrate is required."""
    given: str = config.getoption("--substrate")
    name, _, project = given.partition(":")
    if project and hasattr(config, "workerinput"):
        pytest.fail(f"{given} is one system, which several processes cannot share: leave -n out", pytrace=False)
    try:
        launch = launcher(Substrate(name), aside(config), project=project)
    except SubstrateMissing as problem:
        if required(name):
            pytest.fail(f"{REQUIRED} names {name!r}, but {problem}", pytrace=False)
        pytest.skip(str(problem))
    except HarnessProblem as problem:  # a project that was named and is not there: no fault of this machine
        pytest.fail(str(problem), pytrace=False)
    return Laboratory(
        substrate=given,
        launch=launch,
        runs=config.getoption("--runs-dir") or config.rootpath / "reports" / "runs",
        seed=seed,
        provenance=provenance(config.rootpath),
        watcher=watcher(config),
        in_time=timekeeper(Substrate(name)),
        without_faults=config.getoption("--without-faults"),
    )


def experiment_of(test: pytest.Item, laboratory: Laboratory) -> Experiment:
    """For one scenario, which is called as its test without the prefix."""
    return Experiment(
        laboratory,
        scenario=test.name.removeprefix("test_"),
        test=test.nodeid,
        replay=replay_command(test, substrate=laboratory.substrate, seed=laboratory.seed),
    )


def explorer_of(test: pytest.Item, laboratory: Laboratory, part: Part) -> Explorer:
    """For one part of an exploration."""
    from chaos.exploring.explorer import Explorer, Extent  # noqa: PLC0415 - Hypothesis, which other scenarios do without

    save = test.path.parent / FOLDER if test.config.getoption("--chaos-save") else None
    return Explorer(
        laboratory,
        Extent(part.examples, part.budget_s, save),
        scenario=test.name.removeprefix("test_"),
        test=test.nodeid,
        replay=replay_command(test, substrate=laboratory.substrate, seed=laboratory.seed),
        listener=laboratory.watcher,
    )


def properties(experiment: Experiment) -> list[tuple[str, object]]:
    """For JUnit: what became of the scenario, where its runs are, and what it takes to repeat it."""
    verdicts = [run.verdict for run in experiment.runs]
    return [
        *([("verdict", Verdict.merge(verdicts).value)] if verdicts else []),
        *(("run_directory", str(run.directory.path)) for run in experiment.runs),
        *(("control_directory", str(run.directory.path)) for run in experiment.controls),
        ("seed", str(experiment.seed)),
        ("replay", experiment.replay),
    ]
