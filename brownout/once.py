"""One run on behalf of a command: where it comes from, what came of it, and the exit code that says so."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import orjson
import typer
from rich.console import Console

from brownout import scenario_run
from brownout.exit_code import ExitCode
from brownout.run_place import run_place
from brownout.run_watcher import ConsoleWatcher
from brownout.substrate_option import LOCAL, is_substrate
from chaos.bundled import bundled
from chaos.case import Case, NoCase
from chaos.experiment import Experiment
from chaos.exploring.in_laboratory import carry_out
from chaos.exploring.margin import NEAR, nearby
from chaos.exploring.regression import Regression
from chaos.judgement import OF_THE_RUN
from chaos.laboratory import Laboratory
from chaos.problems import HarnessProblem
from chaos.provenance import provenance
from chaos.run import Run
from chaos.schedule import Schedule
from chaos.standard import standard
from chaos.substrate import Substrate, launcher, timekeeper
from chaos.workload import poisson
from reports.directory import RunDirectory, RunDirectoryProblem
from reports.verdict import Verdict

AFTERWARDS_S: Final = 4.0  # of load after the last fault, to see service return


@dataclass(slots=True)
class Asked:
    """What was asked for. `answer` is for programs; `code` is how the command ends."""

    where: str | None
    runs: Path
    json: bool
    answer: dict[str, Any] | None = None
    code: ExitCode = ExitCode.COULD_NOT_RUN

    @property
    def console(self) -> Console:
        return Console(stderr=self.json)

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Ends the command: the answer is printed, and problems of the harness are told in their own words."""
        try:
            yield
        except (HarnessProblem, RunDirectoryProblem) as problem:
            self.answer, self.code = {"verdict": None, "problem": str(problem)}, ExitCode.COULD_NOT_RUN
            Console(stderr=True).print(str(problem), markup=False, highlight=False, soft_wrap=True)
        except KeyboardInterrupt:
            raise typer.Exit(ExitCode.INTERRUPTED) from None
        if self.json:
            sys.stdout.write(orjson.dumps(self.answer, option=orjson.OPT_INDENT_2).decode() + "\n")
        raise typer.Exit(self.code)


@dataclass(frozen=True, slots=True)
class Before:
    """What did not hold the last time, and on which substrate that was."""

    violated: tuple[str, ...]
    substrate: str | None


def run_scenario(asked: Asked, scenario: str, *, seed: int | None) -> None:
    outcome = scenario_run.run_scenario(
        scenario_run.place_of(scenario), asked.where or LOCAL, seed=seed, runs=asked.runs, quiet=asked.json
    )
    asked.answer, asked.code = outcome.to_json(), outcome.exit_code


def run_case(
    asked: Asked,
    case: Case,
    *,
    name: str,
    replay: str,
    shrunk_from: Mapping[str, Any] | None = None,
    before: Before | None = None,
    near: int | None = 0,
) -> None:
    """Where what was violated `before` is not again, `near` others are tried; None leaves it to the substrate.

    `shrunk_from` is what the case had been before it was made small, for the page of the run to show.

    Fewer where a fault would begin when the load is over, which is no run.
    Raises HarnessProblem where it could not even begin.
    """
    where, console = asked.where or LOCAL, asked.console
    kind, _, project = where.partition(":")
    substrate, aside = Substrate(kind), Console(stderr=True)
    laboratory = Laboratory(
        substrate=where,
        launch=launcher(substrate, aside, project=project),
        runs=asked.runs.absolute(),
        seed=case.seed,
        provenance=provenance(Path.cwd()),
        watcher=ConsoleWatcher(aside),
        in_time=timekeeper(substrate),
    )
    if near is None:
        near = 0 if substrate is Substrate.SIMULATED else NEAR
    known = before is not None and bool(before.violated)
    others = nearby(case, near if known else 0)
    tries = [case, *(each for each in others if not each.schedule.late(each.workload.seconds))]
    runs: list[Run] = []
    for number, each in enumerate(tries):
        if number:
            console.print(f"not seen again; near by, {number} of {len(tries) - 1}:", style="bold", highlight=False)
        for line in each.lines():
            console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
        experiment = Experiment(laboratory, scenario=name, test=name, replay=replay)
        runs.append(asyncio.run(carry_out(each, experiment, shrunk_from)))
        if not asked.json:
            console.print(runs[-1].message(), markup=False, highlight=False, soft_wrap=True)
        if runs[-1].verdict is Verdict.VIOLATED:
            break
    verdict = Verdict.merge(run.verdict for run in runs)
    told = next(run for run in runs if run.verdict is verdict)
    again = None if before is None or not known else sorted({*_violated(told)} & {*before.violated})
    asked.code = ExitCode(verdict.exit_code)
    asked.answer = {
        **told.judgement.to_json(),
        "directory": str(told.directory.path),
        "substrate": where,
        "violated": list(_violated(told)),
        "original": None if before is None else {"substrate": before.substrate, "violated": list(before.violated)},
        "reproduced": None if again is None else bool(again),
        "tried": [{"directory": str(run.directory.path), "verdict": run.verdict.value} for run in runs],
    }
    if before is not None and again is not None and not asked.json:
        console.print(_compared(before, again, near=len(runs) - 1), soft_wrap=True)


def replayed(asked: Asked, what: str, near: int | None) -> None:
    """`near` as of `run_case`. Raises HarnessProblem or RunDirectoryProblem where there is nothing to replay."""
    command = f"brownout replay {what}"
    if what.endswith(".json"):
        regression = Regression.load(Path(what))
        before = Before(regression.violated, regression.found.get("substrate"))
        asked.where = asked.where or _substrate(before.substrate)
        run_case(
            asked,
            regression.case,
            name=Path(what).stem,
            replay=command,
            shrunk_from=regression.shrunk_from,
            before=before,
            near=near,
        )
        return
    directory = RunDirectory(_run(what, asked.runs))
    facts, verdicts = directory.read_facts(), directory.read_verdicts() or {}
    asked.where = asked.where or _substrate(facts.get("substrate"))
    found, test = verdicts.get("invariants", ()), str(facts.get("test", ""))
    violated = [each["name"] for each in found if "made_by" in each and each["verdict"] == Verdict.VIOLATED.value]
    # By a function of the test, or by the test itself; what broke off is nothing that a run is judged by.
    unsaid = [each["name"] for each in found if "made_by" not in each and each["name"] != OF_THE_RUN]
    testable = "::" in test and Path(test.partition("::")[0]).exists()
    case: Case | None = None
    try:
        case = Case.of_run(directory)
    except NoCase:
        if not testable:
            raise
    if case is None or (unsaid and testable):
        asked.console.print(f"its files do not say all of it; its test does: {test}", soft_wrap=True)
        run_scenario(asked, test, seed=facts.get("session_seed"))
        return
    if unsaid:
        asked.console.print(f"only its test, which is not there, could judge by {', '.join(unsaid)}", soft_wrap=True)
    name = str(facts.get("scenario", "replay"))
    before = Before(tuple(violated), facts.get("substrate"))
    shrunk_from = facts.get("shrunk_from")
    run_case(asked, case, name=name, replay=command, shrunk_from=shrunk_from, before=before, near=near)


def case_of_file(path: Path, *, seed: int | None, rate: float, seconds: float | None) -> Regression:
    """A saved case, or a schedule for the bundled system under usual load. Raises HarnessProblem."""
    try:
        told = orjson.loads(path.read_bytes())
    except OSError as problem:
        raise NoCase([f"{path}: {problem.strerror}"]) from problem
    except orjson.JSONDecodeError as problem:
        raise NoCase([f"{path}: it is not JSON: {problem}"]) from problem
    if isinstance(told, dict) and "faults" in told:
        schedule = Schedule.from_json(told)
        workload = poisson(rate, schedule.end_s + AFTERWARDS_S if seconds is None else seconds)
        case = Case(bundled(), workload, schedule, schedule.seed if seed is None else seed, standard())
        return Regression(case, violated=(), found={})
    saved = Regression.load(path)
    return saved if seed is None else replace(saved, case=replace(saved.case, seed=seed))


def _run(what: str, runs: Path) -> Path:
    if (place := run_place(Path(what), runs)) is not None:
        return place
    raise RunDirectoryProblem(f"{what} is neither a run directory, nor the name of one in {runs}, nor a .json file")


def _substrate(name: object) -> str:
    """Where it ran the last time, or, of what does not say, on this machine. Raises HarnessProblem."""
    if name is None:
        return LOCAL
    if not is_substrate(str(name)):
        raise HarnessProblem(f"it ran on {name!r}, which is not known here; --substrate says where to run it now")
    return str(name)


def _violated(run: Run) -> tuple[str, ...]:
    return tuple(each.name for each in run.judgement.findings if each.verdict is Verdict.VIOLATED)


def _compared(before: Before, again: list[str], *, near: int) -> str:
    """`near` is how many near by were tried: the last of them is what failed, if anything did."""
    where = f"the last time on {before.substrate or 'an unknown substrate'}"
    if again:
        which = f", by case {near} of those near by" if near else ""
        return f"reproduced{which}: {', '.join(again)} violated again ({where})"
    others = f", and {near} near by neither" if near else ""
    return f"not reproduced: {', '.join(before.violated)} violated {where}, and not this time{others}"
