"""Runs as they were left behind by real ones (tests/runs), opened in the viewer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import Visit
from tests.browser.serving import dashboard
from tests.runs.kept import VERDICTS, copied

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("kept")
    return {kind: copied(kind, folder) for kind in VERDICTS}


@pytest.fixture(scope="module")
def host(runs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("dashboard") / "said.txt"
    with dashboard(log, RUNS_DIR=str(next(iter(runs.values())).parent), FIRST_PAGE="runs") as address:
        yield address


@pytest.mark.parametrize("kind", sorted(VERDICTS))
def test_a_run_of_each_kind_is_opened_with_its_verdict_and_its_charts(
    kind: str, runs: dict[str, Path], host: str, visit: Visit
) -> None:
    page = visit.open(f"http://{host}/run?run={runs[kind].name}", "What was broken")
    visit.shows(f"{VERDICTS[kind].value} —")
    charts = page.get_by_test_id("stVegaLiteChart").locator("svg.marks, canvas.marks")
    shown = 3 if kind == "shrunk" else 2
    visit.eventually(lambda: charts.count() == shown, f"{shown} charts")
    visit.shows("One request")
    if kind == "shrunk":
        visit.shows("Before it was made small")
        visit.shows("left out")
    visit.was_clean(host)


def test_a_held_and_a_violated_run_are_compared(runs: dict[str, Path], host: str, visit: Visit) -> None:
    page = visit.open(f"http://{host}/compare?A={runs['held'].name}&B={runs['violated'].name}", "B less A")
    page.get_by_test_id("stVegaLiteChart").locator("svg, canvas").first.wait_for()
    visit.was_clean(host)
