"""Pictures of the pages for the documentation: python -m tests.browser.screenshots docs

A real system under load whose worker is killed, and a run of a real one that is broken twice: as the run page and the
report have it, among simulated runs and those that are kept in the list. What is written: live.png, runs.png, run.png,
request.png, report.png; with --dark, the same of the dark theme.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Final, Literal

from PIL import Image
from playwright.sync_api import Browser
from rich.console import Console

from chaos.bundled import bundled
from chaos.case import Case
from chaos.exploring.in_laboratory import in_laboratory
from chaos.faults import blackhole, crash, latency, pause
from chaos.laboratory import Laboratory
from chaos.provenance import provenance
from chaos.schedule import Schedule
from chaos.standard import standard
from chaos.substrate import Substrate, launcher, timekeeper
from chaos.workload import poisson
from reports.directory import RunDirectory
from tests.brownout.running_up import COMMAND, running_up
from tests.browser.chromium import Visit, chromium
from tests.browser.serving import dashboard
from tests.runs.kept import copied

WIDTH: Final = 1280
SETTLED_MS: Final = 4000  # for charts that are drawn after their page
PROJECT: Final = Path(__file__).parents[2]
RUNS: Final = Path("reports") / "runs"
CASE: Final = Case(
    bundled(),
    poisson(rate=60, seconds=20),
    Schedule.of([crash("worker1").between(4, 7), pause("worker3").between(11, 13)]),
    seed=7,
    judges=standard(),
)
KEPT: Final = {
    "held": "a worker crash",
    "docker": "a worker crash",
    "inconclusive": "a worker never comes back",
    "violated": "nobody redirects",
    "shrunk": "late answers count twice",
}
SEEDS: Final = 2
SIMULATED: Final = {
    "a worker crash": (bundled(), Schedule.of([crash("worker1").between(2, 5)])),
    "a paused worker": (bundled(), Schedule.of([pause("worker2").between(2, 4)])),
    "a black hole before a worker": (bundled(), Schedule.of([blackhole("coordinator→worker3").between(2, 5)])),
    "a slow way to a worker": (bundled(), Schedule.of([latency("coordinator→worker1", ms=300).between(2, 6)])),
}

Theme = Literal["light", "dark"]


def main(arguments: list[str]) -> None:
    theme: Theme = "dark" if "--dark" in arguments else "light"
    (folder,) = (Path(each).absolute() for each in arguments if each != "--dark")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        run = made(Path(scratch))
        with chromium() as browser:
            picture_runs(browser, run, folder, Path(scratch), theme)
            picture_live(browser, folder, Path(scratch), theme)


def made(scratch: Path) -> Path:
    """A directory of many runs; returns the real one among them, which is the newest."""
    runs = scratch / RUNS
    for kind, name in KEPT.items():
        directory = RunDirectory(copied(kind, runs))
        directory.write_run({**directory.read_facts(), "scenario": name})
    for seed, (name, (system, schedule)) in product(range(SEEDS), SIMULATED.items()):
        run(Case(system, poisson(rate=20, seconds=10), schedule, seed, standard()), name, Substrate.SIMULATED, runs)
    return run(CASE, "a crash and a pause lose nothing", Substrate.LOCAL, runs)


def run(case: Case, name: str, substrate: Substrate, runs: Path) -> Path:
    laboratory = Laboratory(
        substrate=substrate.value,
        launch=launcher(substrate, Console(stderr=True)),
        runs=runs,
        seed=case.seed,
        provenance=provenance(PROJECT),
        in_time=timekeeper(substrate),
    )
    trial = in_laboratory(laboratory, scenario=name, test=name, replay="brownout replay latest").run(case)
    if trial.directory is None:
        raise SystemExit("the run was not kept")
    return trial.directory


def picture_runs(browser: Browser, run: Path, folder: Path, scratch: Path, theme: Theme) -> None:
    example = PROJECT / "docs" / "examples" / "detection.json"
    settings = {"RUNS_DIR": str(RUNS), "FIRST_PAGE": "runs", "DETECTION_FILE": str(example)}
    with dashboard(scratch / "viewer.txt", where=scratch, **settings) as host:
        visit = visiting(browser, theme, 900)
        visit.open(f"http://{host}/", "runs shown")
        take(visit, folder / "runs.png")
        page = visit.open(f"http://{host}/run?run={run.name}", "What was broken")
        page.get_by_test_id("stVegaLiteChart").first.locator("svg").first.wait_for()
        take(visit, folder / "run.png", height=1960)
        retried = page.get_by_role("row", name="retries_explained").get_by_role("link")
        if retried.count():
            retried.first.click()
            visit.shows("attempt 2")
        page.set_viewport_size({"width": WIDTH, "height": 900})
        page.wait_for_timeout(SETTLED_MS)
        page.get_by_text("Step by step").first.evaluate("each => each.scrollIntoView({block: 'center'})")
        take(visit, folder / "request.png", height=900)
        page.close()
    visit = visiting(browser, theme, 1500)
    visit.page.goto((run / "report.html").as_uri())
    take(visit, folder / "report.png", height=1500)
    visit.page.close()


def picture_live(browser: Browser, folder: Path, scratch: Path, theme: Theme) -> None:
    with running_up(scratch, "--dashboard-port", "0") as up:
        up.await_line("live page: http://", timeout_s=90)
        host = up.said.partition("live page: http://")[2].split()[0]
        load = subprocess.Popen(
            (*COMMAND, "load", up.url, "--rate", "40", "--seconds", "300"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            visit = visiting(browser, theme, 1200)
            page = visit.open(f"http://{host}/", "All 3 workers serve.")
            page.get_by_text("1 min").click()
            page.wait_for_timeout(25_000)
            os.kill(up.pids["worker2"], signal.SIGKILL)
            page.wait_for_timeout(25_000)
            take(visit, folder / "live.png", height=1580)
        finally:
            load.kill()
            load.wait()


def visiting(browser: Browser, theme: Theme, height: int) -> Visit:
    return Visit(browser.new_page(viewport={"width": WIDTH, "height": height}, color_scheme=theme))


def take(visit: Visit, path: Path, height: int = 900) -> None:
    visit.page.set_viewport_size({"width": WIDTH, "height": height})
    visit.page.wait_for_timeout(SETTLED_MS)
    picture = Image.open(BytesIO(visit.page.screenshot()))
    # Every reader of the documentation loads them: in 256 colours they are a third as large. The usual choice of those
    # would make one of two that few pixels have, such as the marks of faults; the one of colours far apart makes one of
    # two tints that are near, unless it is improved on.
    few = picture.convert("RGB").quantize(256, method=Image.Quantize.MAXCOVERAGE, kmeans=4, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
