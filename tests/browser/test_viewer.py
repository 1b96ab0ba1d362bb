"""The viewer of finished runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Error

from tests.browser.chromium import Visit
from tests.browser.made_runs import HOSTILE, broken_run, full_run, short_run
from tests.browser.serving import dashboard
from tests.reports.generated import record

pytestmark = pytest.mark.browser

SHORT = 500


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("runs")
    for number in range(SHORT):
        short_run(directory, number)
    full_run(directory, 24 * 30, scenario=HOSTILE)
    broken_run(directory)
    return directory


@pytest.fixture(scope="module")
def host(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("dashboard") / "said.txt"
    example = Path(__file__).parent.parent.parent / "docs" / "examples" / "detection.json"
    with dashboard(log, RUNS_DIR=str(runs), FIRST_PAGE="runs", DETECTION_FILE=str(example)) as address:
        yield address


def name_of(runs: Path, part: str) -> str:
    return next(each.name for each in sorted(runs.iterdir()) if part in each.name)


def test_five_hundred_runs_are_listed_and_filtered(host: str, visit: Visit) -> None:
    page = visit.open(f"http://{host}/", f"{SHORT + 2} under")
    visit.shows(f"{SHORT + 2} of {SHORT + 2} runs shown")
    page.get_by_test_id("stDataFrame").locator("canvas").first.wait_for()
    visit.shows("Trends")
    page.get_by_label("Verdict").click()
    page.get_by_role("option", name="broken").click()
    visit.shows(f"1 of {SHORT + 2} runs shown")
    visit.was_clean(host)


def test_a_run_says_what_became_of_it_and_leads_to_each_request(host: str, runs: Path, visit: Visit) -> None:
    page = visit.open(f"http://{host}/run?run={name_of(runs, 'window-hacked')}", "What was promised")
    visit.shows("VIOLATED — 1 of 2 promises broken.")
    visit.shows(HOSTILE)  # a message that looks like a script is shown as text
    page.get_by_test_id("stVegaLiteChart").locator("svg, canvas").first.wait_for()
    visit.shows("What was broken")
    for told in (
        "0.00 s: worker1 down",
        "1.00 s",
        "15 retried in at most 434 ms; slowest of all: 434 ms",
        "Noticed counts from the beginning",
    ):
        visit.shows(told)
    # The last line of the table is of what was tried again: its evidence leads to a waterfall with two attempts.
    page.get_by_role("row", name="retries_explained").get_by_role("link").first.click()
    visit.shows("attempt 1: cut")
    for step in ("queue", "worker1", "attempt 2: answered"):
        visit.shows(step)
    assert "request=" in page.url
    assert page.evaluate("window.hacked") is None
    visit.was_clean(host)


def test_a_click_on_a_point_opens_its_waterfall(host: str, runs: Path, visit: Visit) -> None:
    page = visit.open(f"http://{host}/run?run={name_of(runs, 'window-hacked')}", "One request")
    points = page.get_by_test_id("stVegaLiteChart").first.locator("svg .mark-symbol path")
    points.first.wait_for()
    assert "request=" not in page.url

    def chosen() -> bool:
        """A chart that is drawn anew in this very moment misses a click, as it would a person's."""
        points.nth(40).click(force=True)
        with suppress(Error):
            page.wait_for_url("**request=**", timeout=15_000, wait_until="commit")
        return "request=" in page.url

    visit.eventually(chosen, "the request that was clicked, in the address")
    op = int(page.url.partition("request=")[2])
    request = record().request_of(op)
    assert request is not None
    visit.shows(request.input)
    visit.shows("Step by step")
    visit.was_clean(host)


def test_a_run_that_is_broken_or_not_there_is_said_to_be_that(host: str, runs: Path, visit: Visit) -> None:
    visit.open(f"http://{host}/run?run={name_of(runs, 'Z-broken')}", "This run cannot be opened")
    visit.shows("run.json")
    visit.open(f"http://{host}/run?run={HOSTILE}", "There is no such run")
    visit.shows(HOSTILE)
    visit.was_clean(host)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("verdicts.json", b'{"verdict": "HELD", "figures": {"requests": "many"}, "invariants": []}'),
        ("verdicts.json", b'{"verdict": "HELD", "figures": {}, "invariants": ["no_loss"]}'),
        ("schedule.json", b'{"faults": [{"kind": "crash"}]}'),
        ("run.json", b'{"system": "ours"}'),
        ("run.json", b"\x00\xff"),
        ("history.jsonl", b"\x00\xff\n" * 100),
    ],
)
def test_a_file_that_says_what_no_run_says_is_told_and_nothing_else_breaks(
    host: str, runs: Path, visit: Visit, file: str, content: bytes
) -> None:
    directory = full_run(runs, 24 * 20, scenario="damaged")
    try:
        (directory.path / file).write_bytes(content)
        visit.open(f"http://{host}/run?run={directory.name}", "This run cannot be opened")
        visit.shows(directory.name)
        visit.open(f"http://{host}/compare?A={directory.name}&B={name_of(runs, 'window-hacked')}", "Side A")
        # What damages the figures that a page tells need not damage what is compared.
        visit.eventually(
            lambda: any(each in visit.text() for each in ("A run cannot be read", "B less A")), "one or the other"
        )
        visit.was_clean(host)
    finally:
        shutil.rmtree(directory.path)


def test_runs_of_a_link_that_are_gone_are_told_and_the_others_compared(host: str, runs: Path, visit: Visit) -> None:
    name = name_of(runs, "window-hacked")
    visit.open(f"http://{host}/compare?A={name}&A={HOSTILE}&B={name}", "B less A")
    visit.shows(f"There is no such run: {HOSTILE}")
    visit.was_clean(host)


def test_the_matrix_shows_what_was_not_caught(host: str, visit: Visit) -> None:
    visit.open(f"http://{host}/detection", "2 of 3 planted bugs were caught.")
    visit.shows("never lets an ejected worker back")
    visit.was_clean(host)


def test_two_runs_are_compared_with_words_and_intervals(host: str, runs: Path, visit: Visit) -> None:
    name = name_of(runs, "window-hacked")
    page = visit.open(f"http://{host}/compare?A={name}&B={name}", "B less A")
    visit.shows("it says nothing about the next two")
    visit.shows("Answers over time")
    page.get_by_test_id("stVegaLiteChart").locator("svg, canvas").first.wait_for()
    # Nothing differs from itself; whether that is shown, or too noisy to tell, is for each measure to say.
    text = visit.text()
    assert "no difference shown" in text or "too noisy to tell" in text
    assert "✘ different" not in text
    visit.was_clean(host)
