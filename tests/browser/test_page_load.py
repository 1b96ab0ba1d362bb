"""How long the page of a run takes to open in a browser, from going there until all its charts are drawn.

`pytest -m bench tests/browser/test_page_load.py -s` prints a table. BENCH_ROUNDS is how often each is opened.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from chaos.rejudge import unjudged
from reports.directory import RunDirectory
from reports.render import render
from reports.verdict import Finding
from tests.bench.test_judging import big_run
from tests.browser.chromium import Visit
from tests.browser.serving import dashboard

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

SIZES: Final = (1_000, 100_000, 1_000_000)
ROUNDS: Final = int(os.environ.get("BENCH_ROUNDS", "5"))
MOST_S: Final = 3.0
CHARTS: Final = 2  # of everything on one time axis, and of one request
DRAWN: Final = f"""document.querySelectorAll(
    '[data-testid="stVegaLiteChart"] svg, [data-testid="stVegaLiteChart"] canvas').length >= {CHARTS}"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[int, RunDirectory]:
    return {ops: made(tmp_path_factory.mktemp(str(ops)), ops) for ops in SIZES}


def made(folder: Path, ops: int) -> RunDirectory:
    """With its tables, as a run leaves them."""
    run = big_run(folder, ops, unjudged())
    run.write_tables(run.read().history)
    return run


@pytest.fixture
def host(runs: dict[int, RunDirectory], tmp_path: Path) -> Iterator[str]:
    together = tmp_path / "runs"
    together.mkdir()
    for ops, run in runs.items():
        (together / str(ops)).mkdir()
        for each in run.path.iterdir():
            (together / str(ops) / each.name).symlink_to(each)
    with dashboard(tmp_path / "dashboard.txt", RUNS_DIR=str(together), FIRST_PAGE="runs") as address:
        yield address


def test_a_run_opens_in_seconds_however_long_it_was(
    host: str, runs: dict[int, RunDirectory], visit: Visit, capsys: pytest.CaptureFixture[str]
) -> None:
    visit.open(f"http://{host}/", "runs shown")  # Streamlit's own start, and what it imports, are no run's
    rows = []
    for ops, run in runs.items():
        first, again = [], []
        for _ in range(ROUNDS):
            os.utime(run.path / "verdicts.json")  # has it read anew
            first.append(opens_in_s(visit, f"http://{host}/run?run={ops}"))
            again.append(opens_in_s(visit, f"http://{host}/run?run={ops}"))
        rows.append((ops, first, again))
    with capsys.disabled():
        print(f"\nops        read and drawn, s           drawn again, s   (median, least to most of {ROUNDS})")
        for ops, first, again in rows:
            print(f"{ops:>9,}  {told(first)}  {told(again)}")
    visit.was_clean(host)
    assert statistics.median(rows[-1][1]) < MOST_S


@pytest.mark.parametrize("requests", [100_000])
def test_the_report_of_many_requests_stays_small(
    requests: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = big_run(tmp_path, 2 * requests, unjudged())
    verdicts = run.read_verdicts() or {}
    findings = [Finding.from_json(each) for each in verdicts["invariants"]]
    began = time.monotonic()
    html = render(run.read(), findings, verdicts["figures"])
    with capsys.disabled():
        print(f"\n{requests:,} requests: {len(html.encode()) / 1e6:.2f} MB in {time.monotonic() - began:.1f} s")
    assert len(html.encode()) < 2e6


def opens_in_s(visit: Visit, url: str) -> float:
    began = time.monotonic()
    visit.page.goto(url, wait_until="commit")
    visit.page.wait_for_function(DRAWN, polling=20)
    return time.monotonic() - began


def told(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):6.2f} ({min(seconds):5.2f} to {max(seconds):5.2f})"
