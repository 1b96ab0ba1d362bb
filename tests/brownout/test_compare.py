"""`brownout compare`: of run directories, of folders of them, and of turns that are made for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner, Result

from brownout import turns
from brownout.cli import application
from brownout.turns import Side, TurnProblem, Turns, balanced, called, take_turns
from reports.directory import RunDirectory
from reports.record import Record
from tests.reports.test_compare import run

BEGAN = datetime(2026, 1, 2, tzinfo=UTC)


def kept(into: Path, record: Record, *, turn: int, scenario: str = "any") -> Path:
    started = BEGAN + timedelta(minutes=turn)
    facts: dict[str, Any] = {"scenario": scenario, "started": started.isoformat()}
    directory = RunDirectory.create(into, scenario, started, facts)
    directory.history.write_bytes(b"".join(op.to_json() for op in record.history))
    return directory.path


def compare(*arguments: str | Path) -> Result:
    return CliRunner().invoke(
        application(), ["compare", *map(str, arguments)], terminal_width=200, env={"COLUMNS": "200"}
    )


@pytest.fixture(scope="module")
def quick_and_slow(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Six runs each, which took turns."""
    folder = tmp_path_factory.mktemp("runs")
    for turn in range(6):
        kept(folder / "quick", run(turn, took_s=0.05, seconds=12), turn=2 * turn)
        kept(folder / "quick", run(turn, took_s=5.0, seconds=2), turn=2 * turn, scenario="control of any")
        kept(folder / "slow", run(turn + 10, took_s=0.1, seconds=12), turn=2 * turn + 1)
    return folder / "quick", folder / "slow"


def test_folders_of_runs_are_compared_pair_by_pair(quick_and_slow: tuple[Path, Path]) -> None:
    said = compare(*quick_and_slow)
    assert said.exit_code == 1
    lines = [line for line in said.output.splitlines() if "p50 (ms)" in line]
    assert len(lines) == 1
    assert "different" in lines[0]
    assert "The runs took turns and are compared pair by pair." in said.output
    assert "(6 runs)" in said.output  # and not the controls


def test_runs_that_decided_nothing_are_named(tmp_path: Path) -> None:
    late = {"name": "load_on_time", "verdict": "INCONCLUSIVE", "message": "sent 325 ms late"}
    for turn in range(2):
        kept(tmp_path / "a", run(turn, took_s=0.05, seconds=4), turn=2 * turn)
    _, path = (kept(tmp_path / "b", run(turn + 10, took_s=0.05, seconds=4), turn=2 * turn + 1) for turn in range(2))
    RunDirectory(path).write_verdicts({"verdict": "INCONCLUSIVE", "invariants": [late]})
    said = compare(tmp_path / "a", tmp_path / "b")
    assert f"Of B, 1 of 2 INCONCLUSIVE: {path.name} (load_on_time: sent 325 ms late)." in said.output.replace("\n", "")


def test_the_same_as_json(quick_and_slow: tuple[Path, Path]) -> None:
    said = compare(*quick_and_slow, "--json")
    content = orjson.loads(said.stdout)
    assert content["against"] == str(quick_and_slow[0])
    (side,) = content["sides"]
    assert side["runs"] == [6, 6]
    p50 = next(each for each in side["measures"] if each["measure"] == "p50")
    assert p50["conclusion"] == "different"
    assert p50["low"] <= p50["difference"] <= p50["high"]


def test_a_run_and_itself_show_no_difference(quick_and_slow: tuple[Path, Path]) -> None:
    one = next(path for path in sorted(quick_and_slow[0].glob("2*-any")))
    said = compare(one, one, "--resolution", "1")
    assert said.exit_code == 0, said.output
    assert "says nothing about the next two runs" in said.output


def test_what_is_no_run_is_named(tmp_path: Path) -> None:
    said = compare(tmp_path, tmp_path)
    assert said.exit_code == 3
    assert f"{tmp_path} is neither a run directory nor a folder of them" in said.output.replace("\n", "")


@pytest.mark.parametrize("arguments", [(), ("one",), ("one", "two", "--run", "three")])
def test_sides_that_make_no_comparison_are_refused(arguments: tuple[str, ...]) -> None:
    assert compare(*arguments).exit_code == 2  # which the command itself turns into 3


def test_who_begins_changes_from_round_to_round(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []

    def turn(side: Side, folder: Path, substrate: str, *, seed: int) -> None:
        taken.append((side.name, folder.name, substrate, seed))

    monkeypatch.setattr(turns, "_turn", turn)
    sides = (Side("a", "x"), Side("b", "x"))
    take_turns(sides, Turns(3, tmp_path, "local"), say=lambda _: None)
    assert [name for name, *_ in taken] == ["a", "b", "b", "a", "a", "b"]
    assert [seed for *_, seed in taken] == [1, 1, 2, 2, 3, 3]
    assert balanced(sides, 1) == sides[::-1]


def test_a_baseline_is_the_same_scenario_without_its_faults(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    scenario = tmp_path / "test_scenario.py"
    scenario.write_text(
        "import pytest\n"
        "from chaos.faults import crash\n"
        "from chaos.workload import poisson\n"
        "@pytest.mark.chaos\n"
        "async def test_it_breaks(experiment):\n"
        "    await experiment(poisson(rate=30, seconds=5), [crash('worker1').between(2, 3)])\n"
    )
    turns._turn(Side("baseline", str(scenario), ("--without-faults",)), tmp_path / "runs", "simulated", seed=1)
    (path,) = (each for each in (tmp_path / "runs").glob("2*"))
    record = RunDirectory(path).read()
    assert record.windows == ()
    assert len(record.requests) > 100


def test_a_side_that_runs_nothing_is_told(tmp_path: Path) -> None:
    with pytest.raises(TurnProblem, match=r"no: nothing was run \(pytest: 0\)"):
        turns._turn(Side("no", "--version"), tmp_path / "runs", "simulated", seed=1)


@pytest.mark.parametrize(
    ("first", "second", "names"),
    [
        ("test_a.py::test_waits", "test_a.py::test_hedges", ("waits", "hedges")),
        ("old/test_a.py::test_it[x y]", "old/test_b.py::test_it[x y]", ("a", "b")),
        ("test_a.py", "test_a.py::test_it", ("a", "it")),
        ("old/test_a.py", "new/test_a.py", ("first", "second")),
        ("test_a.py", "test_a.py", ("first", "second")),
        ("test_a.py", "..", ("first", "second")),
    ],
)
def test_sides_are_called_after_what_they_run(first: str, second: str, names: tuple[str, str]) -> None:
    assert called(first, second) == names
