"""The plugin as a user's project sees it: their own folder, their own system, pytest-asyncio in strict mode."""

import re
import shlex
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import orjson
import pytest

from tests.chaos.session.project import Write, run_directories

pytest_plugins = ["pytester"]

PROJECT = Path(__file__).parents[3]
HELD = """
async def test_it_holds(experiment):
    run = await experiment(load, system=relay())
    run.holds(no_loss())
"""
CONTROLLED = f"""{HELD}
    await experiment.control(load, system=relay())
"""
UNJUDGED = """
async def test_nobody_looks(experiment):
    await experiment(load, system=relay())
"""
IDLE = """
async def test_nothing_happens(experiment):
    experiment(load, system=relay()).close()
"""
TOO_MUCH = """
async def test_it_asserts_too_much(experiment):
    run = await experiment(load, system=relay())
    run.holds(no_loss())
    assert run.retries > 0
"""
INTERRUPTED = """
async def test_it_held_so_far(experiment):
    run = await experiment(load, system=relay())
    run.holds(no_loss())
    raise KeyboardInterrupt
"""
NOT_AWAITED = """
async def test_it_is_not_awaited(experiment):
    run = experiment(constant(rate=40, seconds=1, inputs=["good"]), system=relay())
    run.holds(no_loss())
"""
NO_SCENARIO = """
async def answer():
    pass

def test_of_somebody_elses_coroutine():
    answer().status
"""


def test_a_scenario_runs_in_strict_mode_and_is_summarised(
    pytester: pytest.Pytester, scenario: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario(CONTROLLED)
    monkeypatch.delenv("PYTEST_ADDOPTS")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(pytester.path / "summary.md"))
    result = pytester.runpytest_subprocess("--junitxml=junit.xml", "--chaos-seed", "11")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "brownout: substrate local, chaos seed 11",
            "*= chaos =*",
            "✔ HELD it_holds",
            "    40 requests, 0 lost, 0 retries · p50 * ms, p99 * ms · * answers/s",
            "    reports/runs/*Z-it_holds",
            "✔ HELD control of constant(rate=40, seconds=1)",
            "2 HELD",
        ]
    )
    found = [
        (each.attrib["name"], each.attrib["value"])
        for each in ET.fromstring((pytester.path / "junit.xml").read_text()).iter("property")  # noqa: S314 - pytest's
    ]
    run, control = (str(path) for path in sorted(run_directories(pytester), key=lambda path: "control" in path.name))
    assert found[:3] == [("verdict", "HELD"), ("run_directory", run), ("control_directory", control)]
    assert [name for name, _ in found[3:]] == ["seed", "replay"]
    assert (pytester.path / "summary.md").read_text().startswith("## Chaos: 2 HELD\n")
    # Not the control, which came after it.
    assert str((pytester.path / "reports" / "runs" / "latest").resolve()) == run


def test_a_run_that_nobody_judged_is_inconclusive_and_no_pass_and_its_seed_gives_the_same_requests_again(
    pytester: pytest.Pytester, scenario: Write
) -> None:
    scenario(UNJUDGED)
    elsewhere = pytester.mkdir("elsewhere")

    def said(*command: str) -> pytest.LineMatcher:
        ended = subprocess.run(command, cwd=elsewhere, capture_output=True, text=True, check=False)
        assert ended.returncode == pytest.ExitCode.TESTS_FAILED
        return pytest.LineMatcher(ended.stdout.splitlines())

    first = said(sys.executable, "-m", "pytest", "..")
    seed = re.search(r"chaos seed (\d+)", str(first))
    assert seed is not None
    whole = [
        f"*chaos seed {seed[1]}*",
        "1 run was never judged: the scenario must call `holds` on every run",
        "? INCONCLUSIVE nobody_looks",
        "    ? experiment: nobody judged this run",
        "1 INCONCLUSIVE",
        f"again: * -m pytest -m chaos --substrate local --chaos-seed {seed[1]} ../test_scenario.py::test_nobody_looks",
        "*1 passed, 1 error*",
    ]
    first.fnmatch_lines(whole)
    # The command works where it was printed.
    again = next(line for line in str(first).splitlines() if line.startswith("again: "))
    said(*shlex.split(again.removeprefix("again: "))).fnmatch_lines(whole)
    facts = [orjson.loads((each / "run.json").read_bytes()) for each in run_directories(pytester)]
    assert len(facts) == 2
    assert {each["session_seed"] for each in facts} == {int(seed[1])}
    assert facts[0]["seed"] == facts[1]["seed"]


def test_a_run_that_is_not_awaited_is_told_from_other_slips(pytester: pytest.Pytester, scenario: Write) -> None:
    scenario(NOT_AWAITED, NO_SCENARIO)
    result = pytester.runpytest_subprocess("-W", "ignore::RuntimeWarning")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["E*It was not awaited: a run is there after `run = await experiment(...)`."])
    assert sum(line.startswith("E") and "It was not awaited" in line for line in result.outlines) == 1


def test_a_run_that_cannot_be_kept_says_why_and_shows_no_frames_of_the_harness(
    pytester: pytest.Pytester, scenario: Write
) -> None:
    scenario(CONTROLLED)
    (pytester.path / "taken").write_text("")
    result = pytester.runpytest_subprocess("--runs-dir", "taken")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*HarnessProblem: the run cannot be kept: taken: *"])
    result.stdout.no_fnmatch_line("*directory.py*")
    result.stdout.no_fnmatch_line("*_Kept*")


def test_a_scenario_that_runs_nothing_is_no_pass_and_what_one_asserts_beyond_its_invariants_counts(
    pytester: pytest.Pytester, scenario: Write
) -> None:
    scenario(IDLE, TOO_MUCH)
    result = pytester.runpytest_subprocess("--chaos-seed", "5")
    result.assert_outcomes(passed=1, errors=1, failed=1)
    result.stdout.fnmatch_lines(["nothing was run: the scenario must await `experiment(...)`"])
    result.stdout.fnmatch_lines(
        [
            "✘ VIOLATED it_asserts_too_much",
            "    ✘ scenario: AssertionError: assert 0 > 0",
            "again: * -m pytest -m chaos --substrate local --chaos-seed 5 test_scenario.py::test_it_asserts_too_much",
        ]
    )


def test_a_scenario_that_is_interrupted_after_its_run_held_is_inconclusive(
    pytester: pytest.Pytester, scenario: Write
) -> None:
    scenario(INTERRUPTED)
    result = pytester.runpytest_subprocess()
    result.stdout.fnmatch_lines(["[?] INCONCLUSIVE it_held_so_far", "    [?] scenario: the run was interrupted"])


def test_a_missing_substrate_skips_with_the_reason(
    pytester: pytest.Pytester, scenario: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario(HELD)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{pytester.path}/nobody.sock")
    result = pytester.runpytest_subprocess("--substrate", "docker")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(
        [
            "*= chaos =*",
            "1 scenario did not run: the docker substrate cannot be used: no Docker engine answers: *",
            "  unix://*/nobody.sock leads nowhere, which DOCKER_HOST or *",
            "with REQUIRE_SUBSTRATES=docker in the environment this is a failure",
        ]
    )


@pytest.mark.parametrize("given", ["dokcer", "compose", "compose:"])
def test_a_substrate_that_there_is_not_is_refused_with_those_that_there_are(
    pytester: pytest.Pytester, given: str
) -> None:
    result = pytester.runpytest_subprocess("--substrate", given)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*'{given}' is none of simulated, local, docker and compose:PROJECT*"])


def test_a_missing_server_is_told_with_its_mend_by_every_process(
    pytester: pytest.Pytester, scenario: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario(HELD, HELD.replace("test_it_holds", "test_it_holds_again"))
    monkeypatch.setenv("TOXIPROXY_SERVER", str(pytester.path / "nowhere"))
    result = pytester.runpytest_subprocess("-n2")
    result.assert_outcomes(skipped=2)
    result.stdout.fnmatch_lines(
        [
            "2 scenarios did not run: the local substrate needs toxiproxy-server: *",
            "with REQUIRE_SUBSTRATES=local in the environment this is a failure",
        ]
    )


def test_a_missing_substrate_fails_where_it_is_required(
    pytester: pytest.Pytester, scenario: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario(HELD)
    monkeypatch.setenv("REQUIRE_SUBSTRATES", "local, docker")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{pytester.path}/nobody.sock")
    result = pytester.runpytest_subprocess("--substrate", "docker")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*REQUIRE_SUBSTRATES names 'docker', but the docker substrate cannot be used: *"])


def test_a_run_is_told_about_while_it_goes_on(pytester: pytest.Pytester, scenario: Write) -> None:
    scenario(HELD.replace("load,", "constant(rate=20, seconds=6, inputs=['good']),", 1))
    result = pytester.runpytest_subprocess()
    # 20 requests a second, of which a busy machine sends some a second later.
    result.stdout.fnmatch_lines(["  it_holds  5 of 6 s, offered [12]?/s, answered *, * waiting"])


def test_runs_of_several_processes_are_summarised_together(
    pytester: pytest.Pytester, scenario: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario(HELD, HELD.replace("test_it_holds", "test_it_holds_again"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(pytester.path / "summary.md"))
    result = pytester.runpytest_subprocess("-n2", "--chaos-seed", "3")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines_random(["✔ HELD it_holds", "✔ HELD it_holds_again", "2 HELD"])
    facts = [orjson.loads((path / "run.json").read_bytes()) for path in run_directories(pytester)]
    assert {each["session_seed"] for each in facts} == {3}
    assert re.findall("^## .*", (pytester.path / "summary.md").read_text(), re.MULTILINE) == ["## Chaos: 2 HELD"]


def test_two_sessions_at_once_do_not_meet(pytester: pytest.Pytester, scenario: Write) -> None:
    scenario(HELD)
    command = (sys.executable, "-m", "pytest", "--chaos-seed", "1", "-p", "no:cacheprovider")
    sessions = [subprocess.Popen(command, cwd=pytester.path, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [session.communicate(timeout=100)[0] for session in sessions]
    # On a busy machine a load may be late, which decides nothing; but an answer of the other one would be wrong.
    verdicts = [orjson.loads((each / "verdicts.json").read_bytes()) for each in run_directories(pytester)]
    assert len(verdicts) >= 2, said
    assert "VIOLATED" not in {each["verdict"] for each in verdicts}
    assert {each["figures"]["requests"] for each in verdicts} == {40}


def test_loading_the_plugin_loads_nothing_of_the_harness() -> None:
    program = (
        "import sys, chaos.plugin; print(*sorted(each for each in sys.modules if each.startswith(('chaos', 'aio'))))"
    )
    said = subprocess.run((sys.executable, "-c", program), check=True, capture_output=True, text=True, cwd=PROJECT)
    assert said.stdout.split() == ["chaos", "chaos.plugin"]


def test_what_a_scenario_imports_to_be_collected_is_light() -> None:
    program = (
        "import sys, chaos.bundled, chaos.experiment, chaos.faults, chaos.invariants, chaos.schedule, chaos.workload; "
        "print(*sorted({'aiohttp', 'altair', 'grpc', 'jinja2', 'psutil', 'pydantic'} & sys.modules.keys()))"
    )
    said = subprocess.run((sys.executable, "-c", program), check=True, capture_output=True, text=True, cwd=PROJECT)
    assert said.stdout.split() == []
