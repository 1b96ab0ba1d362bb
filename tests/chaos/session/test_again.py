"""A run that decided nothing is repeated where tox asks for it; what was violated is not, and undecided is no pass."""

import configparser
import re
import shlex
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

PROJECT = Path(__file__).parents[3]
SCENARIOS = """
import pytest
from chaos.workload import constant
from reports.verdict import Finding, Verdict

pytestmark = [pytest.mark.chaos, pytest.mark.asyncio]
asked = []

def now_and_then(record):
    asked.append(record)
    return Finding("quiet", Verdict.INCONCLUSIVE if len(asked) == 1 else Verdict.HELD, "the machine was noisy")

def never(record):
    return Finding("quiet", Verdict.INCONCLUSIVE, "the machine was noisy")

def wrong(record):
    return Finding("right", Verdict.VIOLATED, "INCONCLUSIVE is not what this is")

@pytest.mark.parametrize("judge", [now_and_then, never, wrong])
async def test_a_promise(experiment, judge):
    (await experiment(constant(rate=20, seconds=1))).holds(judge)
"""


def test_what_decided_nothing_is_repeated_once_and_nothing_else(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(PROJECT / "tox.ini", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile(test_scenario=SCENARIOS)
    result = pytester.runpytest_subprocess("--substrate", "simulated", *shlex.split(tox["again"]["arguments"]))
    counted = {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", result.outlines[-1])}
    assert {word: counted[word] for word in ("passed", "failed", "rerun")} == {"passed": 1, "failed": 2, "rerun": 2}
    result.stdout.fnmatch_lines("1 HELD · 3 INCONCLUSIVE · 1 VIOLATED")
