"""Runs judged again, from their directories alone."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from chaos.experiment import Experiment
from chaos.faults import crash, restart
from chaos.invariants import Invariant, answers_correct, goodput_at_least, latency_below, no_loss
from chaos.judgement import judge, undecided
from chaos.laboratory import Laboratory
from chaos.rejudge import NoInvariant, judge_again, known, parse_invariant
from chaos.substrate import Substrate, launcher, timekeeper
from chaos.workload import poisson
from reports.directory import RunDirectory, RunDirectoryProblem
from reports.history import END, RECORDER, History, Op, OpType
from reports.record import Record
from reports.verdict import Finding, Verdict
from tests.chaos.invariants.golden import FACTS, ask, golden, ok, served, status, window
from tests.chaos.invariants.golden_logs import computed, ended, logged
from tests.chaos.invariants.test_any_history import OF_REQUESTS, OF_THE_RUN
from tests.reports import generated

STARTED = datetime(2026, 1, 17, 9, 31, 4, tzinfo=UTC)
ALL = (*OF_REQUESTS, *OF_THE_RUN)
CALM = golden(
    served(0, 0, 4), served(100, 4, 6), window("crash", "worker1", 4.5, 5), status(at=6.5, submitted=60, completed=60)
)
LOST = golden(ask(0, at=1, expected="POSITIVE"), ok(0, at=2, request_id="a", output="NEGATIVE"), ask(1, at=2))
RUNS = {"calm": CALM, "lost": LOST, "made up": generated.record(), "empty": golden()}


def kept(runs: Path, record: Record, *, whole: bool = True, judges: tuple[Invariant, ...] = ()) -> RunDirectory:
    """A run directory as the run of this record would have left it."""
    directory = RunDirectory.create(runs, "any", STARTED)
    directory.write_run(record.facts or FACTS)
    directory.write_schedule(record.schedule)
    end = [Op(len(record.history), round(record.history.duration_s * 1e9), RECORDER, OpType.INFO, END)] if whole else []
    directory.history.write_bytes(b"".join(op.to_json() for op in [*record.history, *end]))
    if judges:
        directory.write_verdicts(judge(directory.read(), judges, run=directory.name).to_json())
    return directory


def test_every_invariant_is_among_those_compared() -> None:
    assert {each.name for each in ALL} == set(known())


@pytest.mark.parametrize("name", RUNS)
def test_what_was_found_in_the_run_is_found_again_from_its_directory(name: str, tmp_path: Path) -> None:
    directory = kept(tmp_path, RUNS[name], judges=ALL)
    again = judge_again(RunDirectory(directory.path))
    assert again.judgement.to_json() == again.stored == directory.read_verdicts()
    assert again.changes == ()
    directory.write_tables(directory.read().history)
    directory.history.unlink()
    assert judge_again(directory).judgement.to_json() == again.stored


def test_a_new_invariant_judges_an_old_run_alone(tmp_path: Path) -> None:
    directory = kept(tmp_path, CALM, judges=(no_loss(),))
    again = judge_again(directory, [goodput_at_least(0.9), latency_below(1, at=0.5)])
    assert [each.name for each in again.judgement.findings] == ["goodput_at_least", "latency_below"]
    assert (again.judgement.verdict, again.changes) == (Verdict.VIOLATED, ())


def test_what_is_found_otherwise_than_then_is_told(tmp_path: Path) -> None:
    directory = kept(tmp_path, CALM, judges=(no_loss(), latency_below(50)))
    stored: dict[str, Any] = json.loads((directory.path / "verdicts.json").read_text())
    stored["invariants"][0]["verdict"] = "VIOLATED"
    directory.write_verdicts(stored)
    assert judge_again(directory).changes == ("no_loss was VIOLATED then and is HELD now",)


def test_what_no_invariant_found_is_taken_over(tmp_path: Path) -> None:
    directory = kept(tmp_path, CALM)
    broke_off = undecided(CALM, "the proxy hung", run=directory.name)
    directory.write_verdicts(broke_off.with_finding(Finding("scenario", Verdict.HELD, "x")).to_json())
    again = judge_again(directory).judgement
    assert again.findings[-2:] == (*broke_off.findings, Finding("scenario", Verdict.HELD, "x"))
    assert again.verdict is not Verdict.HELD


def test_an_invariant_that_there_is_no_more_decides_nothing(tmp_path: Path) -> None:
    directory = kept(tmp_path, CALM, judges=(no_loss(),))
    stored: dict[str, Any] = json.loads((directory.path / "verdicts.json").read_text())
    stored["invariants"][0]["made_by"] = "scenarios.gone:no_loss"
    directory.write_verdicts(stored)
    [*_, last] = judge_again(directory).judgement.findings
    assert (last.name, last.verdict) == ("no_loss", Verdict.INCONCLUSIVE)
    assert "scenarios.gone" in last.message


def test_half_a_run_decides_nothing_and_says_why_and_what_it_looked_like(tmp_path: Path) -> None:
    directory = kept(tmp_path, LOST, whole=False)
    again = judge_again(directory, [answers_correct(), no_loss()]).judgement
    assert again.verdict is Verdict.INCONCLUSIVE
    assert again.findings[0].message == (
        "the history was not written to its end (3 ops, the last at 2.00 s); as far as it goes, VIOLATED: "
        "1 of 1 answer wrong: a (NEGATIVE instead of POSITIVE)"
    )
    assert again.findings[0].evidence == (1,)
    assert {each.verdict for each in judge_again(directory).judgement.findings} == {Verdict.INCONCLUSIVE}


def test_a_run_that_was_killed_before_its_first_op_is_inconclusive(tmp_path: Path) -> None:
    directory = RunDirectory.create(tmp_path, "any", STARTED)
    directory.write_run({"scenario": "any"})
    again = judge_again(directory)
    assert (again.judgement.verdict, again.stored) == (Verdict.INCONCLUSIVE, None)
    with pytest.raises(RunDirectoryProblem):
        judge_again(RunDirectory(tmp_path))


def test_invariants_are_read_from_a_command_line() -> None:
    assert parse_invariant("no_loss").parameters == {"refusals": "lost"}
    assert parse_invariant(" no_loss(refusals='allowed')").parameters == {"refusals": "allowed"}
    assert parse_invariant("latency_below(50, at=0.9)").parameters["at"] == 0.9
    own = parse_invariant("tests.chaos.invariants.test_invariant.at_least_asked(1)")
    assert own.judge(Record(FACTS, History(()))).verdict is Verdict.VIOLATED


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("no_los", "there is no invariant 'no_los'; there are answered_once, answers_correct, "),
        ("remake('os:mkdir', {})", "'remake' is no invariant; "),
        ("os.mkdir('x')", "'os.mkdir' is no invariant; "),
        ("no.such.thing()", "there is no invariant 'no.such.thing': No module named 'no'; "),
        ("latency_below(5", "'latency_below(5' is not written like latency_below(50, at=0.9): "),
        ("latency_below(print(5))", "is not written like latency_below(50, at=0.9): "),
        ("latency_below(0)", "latency_below: ms=0: Input should be greater than 0"),
        ("latency_below(5, ms=6)", "latency_below: multiple values for argument 'ms'"),
    ],
)
def test_what_makes_no_invariant_is_explained(written: str, problem: str) -> None:
    with pytest.raises(NoInvariant) as refused:
        parse_invariant(written)
    assert problem in str(refused.value)


async def test_a_real_run_and_all_its_logs_are_judged_again_to_the_letter(tmp_path: Path) -> None:
    in_virtual_time = launcher(Substrate.SIMULATED, Console(stderr=True))
    laboratory = Laboratory(
        "simulated", in_virtual_time, runs=tmp_path, seed=1, provenance={}, in_time=timekeeper(Substrate.SIMULATED)
    )
    experiment = Experiment(laboratory, scenario="real", test="test_rejudge.py::test_real", replay="pytest …")
    run = await experiment(poisson(rate=40, seconds=6), [crash("worker1").at(2), restart("worker1").at(3)])
    with suppress(AssertionError):  # some are not made for such a run; what they find is compared all the same
        run.holds(*ALL)
    assert run.record.has_log("coordinator")
    again = judge_again(run.directory)
    assert again.judgement.to_json() == again.stored == run.judgement.to_json()
    held = {each.name for each in again.judgement.findings if each.verdict is Verdict.HELD}
    assert {"reconciled", "logs_complete", "status_truthful", "batches_within", "work_conserving"} <= held


def test_findings_about_logs_are_found_again_from_the_directory(tmp_path: Path) -> None:
    directory = kept(tmp_path, LOST)
    lines = [ended("a", worker="worker1"), ended("b", worker="worker2")]
    logged(directory.logs, coordinator=lines, worker1=[computed("a", outputs=["POSITIVE"])], worker2=[], worker3=[])
    directory.write_verdicts(judge(directory.read(), ALL, run=directory.name).to_json())
    again = judge_again(RunDirectory(directory.path))
    assert again.judgement.to_json() == again.stored
    (told,) = (each for each in again.judgement.findings if each.name == "reconciled")
    assert (told.verdict, told.figures["wrong"], told.figures["lost"]) == (Verdict.VIOLATED, 1, 1)
