"""What live pages cost the coordinator: answers per second, and its CPU for each, with 0, 1 and 5 of them open.

`pytest -m bench tests/browser/test_watching_cost.py -s` prints both. Browser, pages, workers and coordinator share this
machine's cores, so that answers per second fall for want of those; what pages ask of the coordinator shows in its CPU.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from itertools import product
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import orjson
import psutil
import pytest
import requests

from dashboard.watch import COUNTED, COUNTED_EVERY, EVERY_S, LOGGED_EVERY, MARGIN
from tests.brownout.running_up import running_up
from tests.browser.chromium import Visit, chromium
from tests.browser.serving import page_of

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

PAGES: Final = (0, 1, 5)
CONNECTIONS: Final = 16
SECONDS: Final = float(os.environ.get("BENCH_SECONDS", "6"))
ROUNDS: Final = int(os.environ.get("BENCH_ROUNDS", "5"))
ASKED: Final = 200  # times that each address is asked to know what it costs
MOST: Final = 0.02


def test_what_live_pages_cost_the_coordinator(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows: dict[int, list[tuple[float, float]]] = {pages: [] for pages in PAGES}
    with running_up(tmp_path, "--dashboard-port", "0") as up, chromium() as browser:
        host = page_of(up)
        coordinator = psutil.Process(up.pids["coordinator"])
        (streamlit,) = (each for each in up.family() if "streamlit" in each.cmdline())
        address, _, port = up.url.removeprefix("http://").partition(":")

        def measured() -> tuple[float, float]:
            """Answers a second, and milliseconds of CPU for each."""
            before, answered = cpu_s(coordinator), completed(up.url)
            load = (sys.executable, "-m", "tests.bench.closed_loop", address, port, str(CONNECTIONS), str(SECONDS))
            rate = orjson.loads(subprocess.run(load, capture_output=True, check=True).stdout)
            assert rate["failed"] == 0
            return rate["rps"], 1000 * (cpu_s(coordinator) - before) / (completed(up.url) - answered)

        measured()  # what is slow once
        for _, pages in product(range(ROUNDS), PAGES):
            opened = [Visit(browser.new_page()) for _ in range(pages)]
            for visit in opened:
                visit.open(f"http://{host}/", "Request log")
            # A dashboard that was looked at once goes on asking.
            with nullcontext() if pages else stopped(streamlit):
                rows[pages].append(measured())
            for visit in opened:
                visit.page.close()
        with stopped(streamlit):
            rate = statistics.median(rps for rps, _ in rows[0])
            costs = asked_cost(up.url, coordinator, round(rate * EVERY_S * LOGGED_EVERY) + MARGIN)
    none = statistics.median(cpu for _, cpu in rows[0])
    share = told_share(costs, rate * none / 1000)
    with capsys.disabled():
        print(f"\n{CONNECTIONS} connections, {os.cpu_count()} cores, medians of {ROUNDS} rounds (least to most)")
        for pages, measurements in rows.items():
            rates, cpus = zip(*measurements, strict=True)
            more = statistics.median(cpus) / none - 1
            print(f"{pages} pages: {told(rates, '.0f')} answers/s, {told(cpus, '.3f')} ms of CPU each ({more:+.1%})")
        for name, (cpu_ms, kilobytes) in costs.items():
            print(f"{name}: {cpu_ms:.2f} ms of CPU, {kilobytes:.1f} kB")
        print(f"asked as pages ask, that is {share:.1%} of the coordinator's CPU")
    assert share < MOST


def told_share(costs: dict[str, tuple[float, float]], busy: float) -> float:
    """Of what the coordinator does in a second (`busy`, in seconds of CPU), what pages have it do."""
    status, recent, metrics = (cpu_ms / 1000 for cpu_ms, _ in costs.values())
    return (status + recent / LOGGED_EVERY + metrics / COUNTED_EVERY) / EVERY_S / busy


def asked_cost(url: str, coordinator: psutil.Process, limit: int) -> dict[str, tuple[float, float]]:
    """For each address that is asked, milliseconds of CPU and kilobytes of one answer; nobody else asks meanwhile."""
    costs = {}
    counted = urlencode({"name[]": COUNTED}, doseq=True)
    with requests.Session() as session:
        for path in ("/status", f"/recent_requests?limit={limit}", f"/metrics?{counted}"):
            before = cpu_s(coordinator)
            answers = [session.get(url + path) for _ in range(ASKED)]
            costs[path] = (1000 * (cpu_s(coordinator) - before) / ASKED, len(answers[-1].content) / 1000)
            assert all(answer.ok for answer in answers)
    return costs


def cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def completed(url: str) -> int:
    return int(requests.get(f"{url}/status", timeout=10).json()["tasks_completed"])


@contextmanager
def stopped(process: psutil.Process) -> Iterator[None]:
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)


def told(values: tuple[float, ...], digits: str) -> str:
    return f"{statistics.median(values):{digits}} ({min(values):{digits}} to {max(values):{digits}})"
