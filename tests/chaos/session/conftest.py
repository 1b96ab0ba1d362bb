from pathlib import Path

import pytest

from chaos.toxiproxy.find import find
from tests.chaos.session.project import SCENARIO, Write

PROJECT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def toxiproxy() -> str:
    return str(find())


@pytest.fixture
def scenario(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, toxiproxy: str) -> Write:
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    monkeypatch.delenv("REQUIRE_SUBSTRATES", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    # Pytester moves HOME, and with it the cache that the server would be found in.
    monkeypatch.setenv("TOXIPROXY_SERVER", toxiproxy)
    # Two seconds of processor time in each session; one of them has every plugin that is installed here.
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:schemathesis -p no:hypothesispytest")
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\nstrict_markers = true\n")

    def write(*tests: str) -> None:
        pytester.makepyfile(test_scenario=SCENARIO + "".join(tests))

    return write
