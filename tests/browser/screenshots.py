"""Pictures of the pages for the documentation: python -m tests.browser.screenshots docs

A real system under load whose worker is killed, and runs: those of a directory given as the second argument, else made
ones. What is written: live.png, runs.png, run.png, request.png.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from tests.brownout.running_up import COMMAND, running_up
from tests.browser.chromium import Visit, chromium
from tests.browser.made_runs import full_run, short_run
from tests.browser.serving import dashboard

WIDTH = 1280
SETTLED_MS = 4000  # for charts that are drawn after their page


def main(arguments: list[str]) -> None:
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, chromium() as browser:
        runs = Path(arguments[1]) if len(arguments) > 1 else made(Path(scratch) / "runs")
        picture_runs(browser, runs, folder, Path(scratch))
        picture_live(browser, folder, Path(scratch))


def made(runs: Path) -> Path:
    for number in range(24):
        short_run(runs, number)
    full_run(runs, 24)
    return runs


def picture_runs(browser: Browser, runs: Path, folder: Path, scratch: Path) -> None:
    example = Path(__file__).parent.parent.parent / "docs" / "examples" / "detection.json"
    newest = max(each.name for each in runs.iterdir() if (each / "verdicts.json").exists() and not each.is_symlink())
    settings = {"RUNS_DIR": str(runs), "FIRST_PAGE": "runs", "DETECTION_FILE": str(example)}
    with dashboard(scratch / "viewer.txt", **settings) as host:
        visit = Visit(browser.new_page(viewport={"width": WIDTH, "height": 900}))
        visit.open(f"http://{host}/", "runs shown")
        take(visit, folder / "runs.png")
        page = visit.open(f"http://{host}/run?run={newest}", "What was broken")
        page.get_by_test_id("stVegaLiteChart").first.locator("svg").first.wait_for()
        take(visit, folder / "run.png", height=1260)
        retried = page.get_by_role("row", name="retries_explained").get_by_role("link")
        if retried.count():
            retried.first.click()
            visit.shows("attempt 2")
        page.get_by_text("Logs around it").first.scroll_into_view_if_needed()
        take(visit, folder / "request.png", height=900)
        page.close()


def picture_live(browser: Browser, folder: Path, scratch: Path) -> None:
    with running_up(scratch, "--dashboard-port", "0") as up:
        up.await_line("live page: http://", timeout_s=90)
        host = up.said.partition("live page: http://")[2].split()[0]
        load = subprocess.Popen(
            (*COMMAND, "load", up.url, "--rate", "40", "--seconds", "300"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            visit = Visit(browser.new_page(viewport={"width": WIDTH, "height": 1200}))
            page = visit.open(f"http://{host}/", "All 3 workers serve.")
            page.get_by_text("1 min").click()
            page.wait_for_timeout(25_000)
            os.kill(up.pids["worker2"], signal.SIGKILL)
            page.wait_for_timeout(25_000)
            take(visit, folder / "live.png", height=1420)
        finally:
            load.kill()
            load.wait()


def take(visit: Visit, path: Path, height: int = 900) -> None:
    visit.page.set_viewport_size({"width": WIDTH, "height": height})
    visit.page.wait_for_timeout(SETTLED_MS)
    visit.page.screenshot(path=path)
    sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
