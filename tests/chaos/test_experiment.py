"""Experiments on a real local cluster of a system that is not ours."""

import asyncio
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import psutil
import pytest
from rich.console import Console

from chaos.experiment import Experiment
from chaos.faults import crash, restart
from chaos.inputs import from_file
from chaos.invariants import answers_correct, no_loss
from chaos.laboratory import Laboratory
from chaos.problems import HarnessProblem
from chaos.rejudge import judge_again
from chaos.run import Inconclusive, Violated
from chaos.schedule import InvalidSchedule, Schedule
from chaos.substrate import Substrate, launcher
from chaos.system_under_test import SystemUnderTest
from chaos.workload import Workload, constant
from reports.directory import RunDirectory
from reports.record import Record
from reports.verdict import Finding, Verdict
from tests.chaos.relay import back, relay, with_node
from tests.polling import until

SHORT = constant(rate=40, seconds=1, inputs=["good", "bad"])
WITHOUT_END = constant(rate=40, seconds=600, inputs=["good"])


@pytest.fixture
def laboratory(tmp_path: Path) -> Iterator[Laboratory]:
    """One whose clusters leave no process behind."""
    before = set(psutil.Process().children(recursive=True))
    launch = launcher(Substrate.LOCAL, Console(stderr=True))
    yield Laboratory("local", launch, runs=tmp_path / "runs", seed=1, provenance={"git": None})
    assert set(psutil.Process().children(recursive=True)) <= before


@pytest.fixture
def experiment(laboratory: Laboratory) -> Experiment:
    return Experiment(laboratory, scenario="relayed", test="test_relay.py::test_relayed", replay="pytest …")


def verdicts(directory: RunDirectory) -> dict[str, object]:
    content = directory.read_verdicts()
    assert content is not None
    return dict(content)


def only_directory(laboratory: Laboratory) -> RunDirectory:
    (path,) = (path for path in laboratory.runs.iterdir() if not path.is_symlink())
    return RunDirectory(path)


def wrong(record: Record) -> Finding:
    return Finding("wrong", Verdict.VIOLATED, f"{len(record.requests)} requests too many", (0, 1))


def lost() -> SystemUnderTest:
    """A relay that asks where nobody listens."""
    front = relay().node("front")
    return with_node(relay(), replace(front, command=(*front.command[:-2], "127.0.0.1:1")))


async def under_way(laboratory: Laboratory, *, ops: int) -> RunDirectory:
    """The only run, once that many ops are on disk."""

    def enough() -> bool:
        return any(path.read_bytes().count(b"\n") >= ops for path in laboratory.runs.glob("2*/history.jsonl"))

    await until(enough)
    return only_directory(laboratory)


async def test_a_run_that_holds_leaves_everything_that_the_verdict_stands_on(experiment: Experiment) -> None:
    run = await experiment(SHORT, system=relay())
    assert (run.judged, run.verdict) == (False, Verdict.INCONCLUSIVE)
    run.holds(no_loss(), answers_correct())
    path = run.directory.path
    assert {each.name for each in path.iterdir()} == {
        *("run.json", "schedule.json", "history.jsonl", "history.parquet", "requests.parquet", "status.parquet"),
        *("logs", "verdicts.json", "report.html"),
    }
    order = [(path / name).stat().st_mtime_ns for name in ("run.json", "schedule.json", "history.jsonl")]
    order += [(path / name).stat().st_mtime_ns for name in ("verdicts.json", "report.html")]
    assert order == sorted(order)
    assert {each.name for each in (path / "logs").iterdir()} >= {"front.log", "back1.log", "back2.log"}
    facts = orjson.loads((path / "run.json").read_bytes())
    assert (facts["scenario"], facts["substrate"], facts["session_seed"], facts["replay"]) == (
        *("relayed", "local", 1, "pytest …"),
    )
    assert facts["seed"] == experiment.seed
    assert facts["workload"]["rate"] == 40
    assert judge_again(run.directory).judgement.to_json() == run.judgement.to_json() == verdicts(run.directory)
    content = verdicts(run.directory)
    assert content["verdict"] == "HELD"
    judged = content["invariants"]
    assert isinstance(judged, list)
    assert [each["name"] for each in judged] == [
        *("no_loss", "answers_correct", "faults_bit", "load_on_time", "clock_steady", "nodes_stay_up")
    ]
    assert all({"made_by", "parameters"} <= each.keys() for each in judged)
    assert len(run.record.requests) == run.figures.ok == 40


async def test_a_fault_is_injected_under_load_and_healed(experiment: Experiment) -> None:
    run = await experiment(
        constant(rate=40, seconds=2, inputs=["good"]), [crash("back1").at(0.5), restart("back1").at(1)], system=relay()
    )
    (window,) = run.record.windows
    assert (window.kind, window.target, window.bit) == ("crash", "back1", True)
    assert window.healed_s is not None
    with pytest.raises(Violated, match="no_loss"):  # this relay does not redirect
        run.holds(no_loss())


async def test_all_findings_are_told_the_worst_first(experiment: Experiment) -> None:
    run = await experiment(SHORT, system=relay())
    with pytest.raises(Violated) as raised:
        run.holds(no_loss(), wrong)
    lines = str(raised.value).splitlines()
    assert lines[0] == "VIOLATED: 5 of 6 invariants held"
    assert lines[1].split() == ["✘", "wrong", "40", "requests", "too", "many"]
    assert any(line.startswith("  ✔ no_loss") for line in lines)
    assert lines[-1] == f"  run directory: {run.directory.path}"
    assert verdicts(run.directory)["verdict"] == "VIOLATED"


async def test_a_scenario_that_fails_after_its_invariants_held_does_not_count_as_held(experiment: Experiment) -> None:
    """And only a plain assertion counts as its violation."""
    run = await experiment(SHORT, system=relay())
    run.holds(no_loss())
    held = run.judgement
    for failure, why, verdict in (
        (AssertionError("assert 1 == 2"), "assert 1 == 2", "VIOLATED"),
        (Inconclusive("the control run did not hold"), "the control run did not hold", "INCONCLUSIVE"),
        (Violated("VIOLATED: another run"), "VIOLATED: another run", "INCONCLUSIVE"),
        (RuntimeError("a slip of the pen"), "a slip of the pen", "INCONCLUSIVE"),
        (KeyboardInterrupt(), "the run was interrupted", "INCONCLUSIVE"),
    ):
        run.judgement = held
        experiment.conclude(failure)
        content = verdicts(run.directory)
        assert content["verdict"] == verdict, failure
        assert why in str(content["invariants"])


async def test_a_control_that_did_not_hold_counts_for_no_scenario_of_the_session(
    laboratory: Laboratory, experiment: Experiment
) -> None:
    other = Experiment(laboratory, scenario="other", test="other", replay="pytest …")
    for each in (experiment, other):
        with pytest.raises(Inconclusive, match=r"the control run did not hold(?s:.)*✘ no_loss"):
            await each.control(SHORT, system=lost())
        assert [control.verdict for control in each.controls] == [Verdict.VIOLATED]


async def test_a_control_is_run_once_for_all_scenarios_of_a_session(
    laboratory: Laboratory, experiment: Experiment
) -> None:
    other = Experiment(laboratory, scenario="other", test="other", replay="pytest …")
    control = await experiment.control(SHORT, system=relay())
    assert await other.control(SHORT, system=relay()) is control
    longer = Workload(constant(rate=40, seconds=1.1, inputs=["good"]).arrivals, SHORT.inputs)
    assert await other.control(longer, system=relay()) is not control
    assert experiment.controls == [control]
    assert verdicts(control.directory)["verdict"] == "HELD"


async def test_a_control_that_decided_nothing_is_run_anew_for_who_asks_next(
    laboratory: Laboratory, experiment: Experiment
) -> None:
    noisy = await experiment.control(SHORT, system=relay())
    noisy.failed(Finding("quiet", Verdict.INCONCLUSIVE, "the machine was noisy"))
    other = Experiment(laboratory, scenario="other", test="other", replay="pytest …")
    with pytest.raises(Inconclusive, match="the machine was noisy"):
        await other.control(SHORT, system=relay())
    again = await other.control(SHORT, system=relay())
    assert again is not noisy
    assert other.controls == [noisy, again]
    assert await experiment.control(SHORT, system=relay()) is again


async def test_a_node_that_ends_of_itself_is_a_violation(experiment: Experiment) -> None:
    # In the middle of the load, however long a busy machine takes to start it.
    program = "import sys; sys.argv = sys.argv[1:]; calls = 'self.calls += 1'; "
    program += "exec(open(sys.argv[0]).read().replace(calls, calls + '; self.calls == 10 and os._exit(7)'))"
    node = back("back1")
    dying = replace(node, command=("{python}", "-c", program, node.command[2], "{port}"))
    run = await experiment(constant(rate=20, seconds=4, inputs=["good"]), system=with_node(relay(), dying))
    with pytest.raises(Violated, match=r"back1 .*exit code 7\) at [0-3]\.\d\d s"):
        run.holds(answers_correct())


async def test_judging_by_nothing_is_refused_and_what_nobody_judged_is_inconclusive(experiment: Experiment) -> None:
    run = await experiment(SHORT, system=relay())
    with pytest.raises(TypeError, match=r"name at least one invariant: run\.holds\(no_loss\(\)\)"):
        run.holds()
    assert not run.judged
    assert run.directory.read_verdicts() is None
    experiment.conclude(None)
    content = verdicts(run.directory)
    assert content["verdict"] == "INCONCLUSIVE"
    assert "nobody judged" in str(content["invariants"])


async def test_what_does_not_fit_together_is_refused_before_anything_starts(
    laboratory: Laboratory, experiment: Experiment
) -> None:
    with pytest.raises(InvalidSchedule, match=r"relay has no 'back3'; it has back"):
        await experiment(SHORT, [crash("back3").at(0.1)], system=relay())
    with pytest.raises(InvalidSchedule, match="crash back1 at 5 s: the load is over at 1 s"):
        await experiment(SHORT, Schedule.of([crash("back1").at(5)]), system=relay())
    with pytest.raises(HarnessProblem, match=r"^60 is no workload; .*\n.*relay.* is no system under test"):
        await experiment(60, system=relay)  # type: ignore[arg-type]
    with pytest.raises(HarnessProblem, match=r"the workload cannot be sent: .*nowhere\.jsonl"):
        await experiment(constant(rate=40, seconds=1, inputs=from_file("nowhere.jsonl")), system=relay())
    unsendable, unfit = constant(rate=40, seconds=1, inputs=from_file("nowhere.jsonl")), [crash("back3").at(5)]
    with pytest.raises(HarnessProblem, match=r"(?s)no 'back3'.*the load is over at 1 s.*cannot be sent: .*nowhere"):
        await experiment(unsendable, unfit, system=relay())
    assert not laboratory.runs.exists()


async def test_a_cluster_that_does_not_start_is_inconclusive_and_shows_why(
    laboratory: Laboratory, experiment: Experiment
) -> None:
    node = back("back1")
    broken = type(node)("back1", ("{python}", "-c", "raise SystemExit('no such model')"), readiness=node.readiness)
    with pytest.raises(Inconclusive, match="no such model"):
        await experiment(SHORT, system=with_node(relay(), broken))
    content = verdicts(only_directory(laboratory))
    assert content["verdict"] == "INCONCLUSIVE"
    assert "no such model" in str(content["invariants"])


async def test_the_death_of_toxiproxy_is_inconclusive_not_a_violation(
    laboratory: Laboratory, experiment: Experiment
) -> None:
    running = asyncio.create_task(experiment(WITHOUT_END, system=relay()))
    directory = await under_way(laboratory, ops=20)
    (server,) = (child for child in psutil.Process().children() if "toxiproxy" in " ".join(child.cmdline()))
    os.kill(server.pid, signal.SIGKILL)
    with pytest.raises(Inconclusive, match="toxiproxy"):
        await running
    assert verdicts(directory)["verdict"] == "INCONCLUSIVE"


async def test_an_interrupted_run_is_readable_and_inconclusive(laboratory: Laboratory, experiment: Experiment) -> None:
    running = asyncio.create_task(experiment(WITHOUT_END, [crash("back1").at(0.2)], system=relay()))
    directory = await under_way(laboratory, ops=40)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    content = verdicts(directory)
    assert content["verdict"] == "INCONCLUSIVE"
    assert "the run was interrupted" in str(content["invariants"])
    assert len(directory.read().requests) > 10


async def test_a_runs_folder_that_cannot_be_written_is_said_before_anything_starts(
    laboratory: Laboratory, experiment: Experiment
) -> None:
    laboratory.runs.touch()
    with pytest.raises(HarnessProblem, match="the run cannot be kept: "):
        await experiment(SHORT, system=relay())


def test_seeds_differ_by_name_and_repeat_by_session(laboratory: Laboratory) -> None:
    assert laboratory.seed_of("a") == laboratory.seed_of("a") != laboratory.seed_of("b")
