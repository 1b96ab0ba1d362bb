"""Every page and report under axe-core's rules, light and dark. The live page is in test_break_panel.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from reports.directory import RunDirectory
from reports.index import run_index
from reports.render import render
from reports.session_page import render_session
from reports.verdict import Finding
from tests.browser.axe import SCHEMES, has_none, visiting
from tests.browser.made_runs import full_run, short_run
from tests.browser.serving import dashboard

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("runs")
    for number in range(10):
        short_run(directory, number)
    full_run(directory, 30)
    return directory


@pytest.fixture(scope="module")
def host(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("dashboard") / "said.txt"
    example = Path(__file__).parent.parent.parent / "docs" / "examples" / "detection.json"
    with dashboard(log, RUNS_DIR=str(runs), FIRST_PAGE="runs", DETECTION_FILE=str(example)) as address:
        yield address


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_pages_of_runs(browser: Browser, host: str, runs: Path, scheme: str) -> None:
    name = max(each.name for each in runs.iterdir() if "worker-crash" in each.name)
    with visiting(browser, scheme) as visit:
        for path, shows in (
            ("", "runs shown"),
            (f"run?run={name}", "Step by step"),
            (f"compare?A={name}&B={name}", "Answers over time"),
            ("detection", "planted bugs were caught"),
        ):
            visit.open(f"http://{host}/{path}", shows)
            if path and path != "detection":
                visit.page.get_by_test_id("stVegaLiteChart").locator("svg").first.wait_for()
            has_none(visit, f"{path or 'runs'}, {scheme}")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_reports(browser: Browser, runs: Path, tmp_path: Path, scheme: str) -> None:
    directory = RunDirectory(next(each for each in runs.iterdir() if "worker-crash" in each.name))
    verdicts = directory.read_verdicts() or {}
    findings = tuple(Finding.from_json(each) for each in verdicts["invariants"])
    (tmp_path / "run.html").write_text(render(directory.read(), findings, verdicts["figures"]))
    (tmp_path / "session.html").write_text(render_session(run_index(runs)))
    with visiting(browser, scheme) as visit:
        for name in ("run.html", "session.html"):
            visit.open((tmp_path / name).as_uri(), "VIOLATED")
            has_none(visit, f"{name}, {scheme}")
            assert not visit.errors
            assert visit.hosts == {""}  # the file itself, and nothing from anywhere
