"""Tests that take an engine say so where there is none, and do not pass for done where one is required."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.chaos.clusters import engine as own
from tests.chaos.clusters.engine import engine_of_ones_own

ROOT: Final = Path(__file__).parent.parent
CLUSTERS: Final = ("compose_engine", "contract", "docker_killed")
SUITES: Final = {
    "compose and swarm": ("-m", "compose or swarm", "tests/compose", "tests/swarm"),
    "conformance": ("-m", "chaos", "--substrate", "docker", "tests/chaos/clusters/test_conformance.py"),
    "clusters": ("--substrate", "docker", *(f"tests/chaos/clusters/test_{name}.py" for name in CLUSTERS)),
}
NOWHERE: Final = "unix:///nowhere"


@pytest.mark.parametrize(("required", "code"), [("local", 0), ("local, docker", 1)])
@pytest.mark.parametrize("suite", SUITES)
def test_without_an_engine_a_suite_is_skipped_or_fails_where_docker_is_required(
    suite: str, required: str, code: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", *SUITES[suite]],
        cwd=ROOT,
        env={**os.environ, "DOCKER_HOST": NOWHERE, "REQUIRE_SUBSTRATES": required},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    *_, last = done.stdout.splitlines()
    assert done.returncode == code, done.stdout
    assert ("skipped" in last) == (not code)
    assert "passed" not in last
    assert ("REQUIRE_SUBSTRATES names docker, but " in done.stdout) == bool(code)
    assert "no Docker engine answers" in done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize("required", ["", "docker"])
def test_an_engine_of_a_tests_own_takes_root_whatever_is_required(
    monkeypatch: pytest.MonkeyPatch, required: str
) -> None:
    monkeypatch.setenv("REQUIRE_SUBSTRATES", required)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(pytest.skip.Exception, match="takes root on Linux"), engine_of_ones_own():
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="there is none elsewhere")
@pytest.mark.parametrize(("required", "outcome"), [("", pytest.skip.Exception), ("docker", pytest.fail.Exception)])
def test_a_tool_that_an_engine_of_a_tests_own_lacks_is_named(
    monkeypatch: pytest.MonkeyPatch, required: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("REQUIRE_SUBSTRATES", required)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(own, "TOOLS", ("sh", "no-such-tool"))
    with pytest.raises(outcome, match="takes no-such-tool"), engine_of_ones_own():
        pass
