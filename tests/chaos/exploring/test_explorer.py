"""Explorations as a user's project sees them: options, parts, what is told, what is saved. In simulation."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from chaos.exploring.regression import Regression, regressions

pytest_plugins = ["pytester"]

PROJECT = Path(__file__).parents[3]
EXPLORE = """
import pytest
from hypothesis import strategies as st
from chaos.bundled import bundled
from chaos.case import Case
from chaos.faults.aim import Planned
from chaos.faults.down import Down
from chaos.invariants import answered_once, no_loss
from chaos.exploring.limits import Limits
from chaos.schedule import Schedule
from chaos.exploring.sometimes import sometimes
from chaos.exploring.strategies import schedules, workloads

pytestmark = pytest.mark.chaos
system = bundled(2)

def cases(schedules):
    return st.builds(
        Case, st.just(system), workloads(4, rates=(5, 9)), schedules, st.integers(0, 9), st.just((no_loss(),))
    )

harmless = schedules(system, Limits(4, most=2, outage_s=0), kinds=("down",))
asked = sometimes("somebody asked", lambda record: len(record.requests))
never = sometimes("nobody asked", lambda record: not record.requests)
"""
HOLDS = """
def test_nothing_is_lost(exploration):
    exploration.holds(cases(harmless), paths=(asked, never))
"""
# Whoever finds nobody at the door has no answer.
FAILS = """
def closed(tenths, lasts):
    return Planned(Down(), "client→coordinator", tenths / 10, (tenths + lasts) / 10)

harmful = st.builds(
    lambda schedule, faults: schedule + Schedule(tuple(faults)),
    harmless,
    st.lists(st.builds(closed, st.integers(5, 25), st.integers(3, 6)), max_size=1),
)

def test_the_door_is_always_open(exploration):
    exploration.holds(cases(harmful))
"""
IDLE = """
def test_nothing_happens(exploration):
    pass
"""

Explore = Callable[..., pytest.RunResult]


@pytest.fixture
def explore(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Explore:
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")

    def run(test: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(test_mine=EXPLORE + test)
        return pytester.runpytest_subprocess("--substrate", "simulated", "--chaos-seed", "3", *arguments)

    return run


def test_what_was_never_met_is_told_and_fails_a_session_that_was_to_cover_it(explore: Explore) -> None:
    result = explore(HOLDS, "--chaos-examples", "5", "--chaos-cover")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*- explored 5 runs -*", "* somebody asked", "   never  nobody asked"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_processes_share_the_parts_of_a_budget_and_what_they_met_is_added_up(
    explore: Explore, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(pytester.path / "summary.md"))
    result = explore(HOLDS, "-n2", "--chaos-budget", "1", "--junit-xml", "told.xml")
    result.assert_outcomes(passed=8)
    told = (pytester.path / "told.xml").read_text(encoding="utf-8")
    cases = [int(each) for each in re.findall(r'<property name="explored" value="(\d+)"', told)]
    assert len(cases) == 8
    assert all(cases)
    seeds = re.findall(r'<property name="seed" value="(\d+)"', told)
    assert len(set(seeds)) == 8, "parts look at the same runs"
    result.stdout.fnmatch_lines([f"*- explored {sum(cases)} runs -*"])
    summary = (pytester.path / "summary.md").read_text(encoding="utf-8")
    headed = f"## Chaos: explored {sum(cases)} runs, of 8 tests 8 HELD"
    assert re.findall("^## .*", summary, re.MULTILINE) == [headed]


def test_a_failure_is_shrunk_told_saved_and_replayed(explore: Explore, pytester: pytest.Pytester) -> None:
    result = explore(IDLE + FAILS, "--chaos-examples", "60", "--chaos-save")
    result.assert_outcomes(failed=1, passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "nothing was explored: the scenario must call `exploration.holds(...)`",
            "*VIOLATED: no_loss is violated after * cases (solid, and so do * of * near by); shrunk from *",
            "*brownout(workers=2) under constant(rate=5, seconds=4), seed 0",
            "*: down client→coordinator",
            "*VIOLATED no_loss: *",
            "*saved: *regressions/no_loss-*.json",
            "*again: brownout replay *regressions/no_loss-*.json",
        ]
    )
    (path,) = regressions(pytester.path / "regressions")
    regression = Regression.load(path)
    assert regression.violated == ("no_loss",)
    assert len(regression.case.schedule.faults) == 1
    (kept,) = (each for each in (pytester.path / "reports" / "runs").iterdir() if not each.is_symlink())
    assert orjson.loads((kept / "verdicts.json").read_bytes())["verdict"] == "VIOLATED"
    facts = orjson.loads((kept / "run.json").read_bytes())
    assert facts["shrunk_from"] == regression.shrunk_from, "the run shows another schedule than the file"
    assert facts["shrunk_from"]["substrate"] == "simulated"
    assert "Before it was made small" in (kept / "report.html").read_text(encoding="utf-8")


def test_what_makes_no_sense_is_refused_before_anything_is_run(explore: Explore) -> None:
    result = explore(HOLDS, "--chaos-examples", "0")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "--chaos-examples 0 is no number of runs" in result.stderr.str()
