"""The live page of a real system."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from chaos.processes.ports import PortReservation
from dashboard.watch import EVERY_S
from tests.brownout.running_up import COMMAND, RunningUp, infer, running_up
from tests.browser.chromium import Visit
from tests.browser.serving import dashboard, page_of

pytestmark = pytest.mark.browser

ENOUGH = 20  # answers to tell a rate by
HOSTILE = "<script>window.hacked = 1</script> a charming <b>film</b>"


def kill_worker2(up: RunningUp) -> None:
    """Whichever process it is now; between two lives it is none."""
    lives = [up.pids["worker2"], *(int(pid) for pid in re.findall(r"worker2 is back .* as pid (\d+)", up.said))]
    with suppress(ProcessLookupError):
        os.kill(lives[-1], signal.SIGKILL)


def test_a_system_under_load_is_seen_to_lose_a_worker_and_to_get_it_back(tmp_path: Path, visit: Visit) -> None:
    with running_up(tmp_path, "--dashboard-port", "0") as up:
        host = page_of(up)
        load = subprocess.Popen(
            (*COMMAND, "load", up.url, "--rate", "25", "--seconds", "300"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            page = visit.open(f"http://{host}/", "All 3 workers serve.")

            def down() -> bool:
                kill_worker2(up)
                text = visit.text()
                # The table stands below the sentence, of the same moment.
                return "2 of 3 workers serve." in text and bool(re.search(r"worker2\s+\S\s*(down|suspected)", text))

            visit.eventually(down, "a worker that is down")
            visit.shows("All 3 workers serve.")
            spell = re.compile(r"worker2\s+(suspected|down)[^\n]*\d\d:\d\d:\d\d\.\d")
            visit.eventually(lambda: spell.search(visit.text()) is not None, "from when to when worker2 was not up")
            row = re.compile(r"worker1\s+● up\s+\d+\.\d s ago\s+[\d,]+\s+\d+")
            visit.eventually(lambda: row.search(visit.text()) is not None, "worker1 with its last heartbeat")

            visit.shows("requests that ended, newest first")  # the last part of the page, so all of it is there
            assert "Break it by hand" not in visit.text()  # nobody started it for that
            page.get_by_test_id("stVegaLiteChart").locator("svg, canvas").first.wait_for()
            words = page.get_by_placeholder("text, worker, error or id")
            words.fill("bridge")
            words.press("Enter")
            visit.eventually(lambda: some_are_shown(visit), "some, and fewer than all")

            def only_those() -> bool:
                """What is saved is what is shown; the button learns of the words a moment after the table does."""
                with page.expect_download() as download:
                    page.get_by_role("button", name="CSV", exact=True).click()
                saved = download.value.path().read_text().splitlines()
                assert saved[0].startswith("time,request_id,output,latency_ms,retries,worker,error")
                return len(saved) > 1 and all("bridge" in line for line in saved[1:])

            visit.eventually(only_those, "what the words were found in, and no more, in the saved file")
            visit.was_clean(host)
        finally:
            load.kill()
            load.wait()


def answers(url: str) -> int:
    """Of the coordinator so far, to whatever it was asked."""
    said = requests.get(f"{url}/metrics?name[]=brownout_http_answers_total", timeout=10).text
    return sum(int(float(line.split()[-1])) for line in said.splitlines() if not line.startswith("#"))


def some_are_shown(visit: Visit) -> bool:
    """Whether the log shows a part of its requests: some, not all, and of no more than it keeps."""
    found = re.search(r"([\d,]+) of ([\d,]+) shown", visit.text())
    if found is None:  # it is just being drawn anew
        return False
    few, all_of_them = (int(each.replace(",", "")) for each in found.groups())
    return 0 < few < all_of_them <= 5000


def test_the_coordinator_goes_away_and_comes_back(tmp_path: Path, visit: Visit) -> None:
    with PortReservation() as reserved:
        port = str(reserved.port)
        address = f"http://127.0.0.1:{port}"
        with dashboard(tmp_path / "dashboard.txt", COORDINATOR_URL=address) as host:
            visit.open(f"http://{host}/", "The coordinator is away")
            with running_up(tmp_path / "first", "--workers", "1", "--port", port) as up:
                visit.shows("The worker serves.")
                infer(up.url, "a lovely day")
                visit.shows("the last 1 requests that ended")
            visit.shows("What follows is its last known state")
            visit.shows("the last 1 requests that ended")
            with running_up(tmp_path / "second", "--workers", "1", "--port", port):
                visit.shows("The worker serves.")
                visit.eventually(lambda: "away" not in visit.text(), "nothing more of its having been away")
            # The pages themselves never stopped being served, so nothing was complained of.
            visit.was_clean(host)


def test_three_pages_ask_no_more_of_the_coordinator_than_one(tmp_path: Path, visit: Visit) -> None:
    with running_up(tmp_path, "--workers", "1", "--dashboard-port", "0") as up:
        host = page_of(up)
        visits = [visit, *(Visit(visit.page.context.new_page()) for _ in range(2))]
        for each in visits:
            each.open(f"http://{host}/", "The worker serves.")
        seen, began = [answers(up.url)], time.monotonic()

        def asked() -> int:
            """By others than this test, which asks here."""
            seen.append(answers(up.url))
            return seen[-1] - seen[0] - (len(seen) - 1)

        visit.eventually(lambda: asked() >= ENOUGH, "what a watch asks")
        rate = asked() / (time.monotonic() - began)
        for each in visits:
            each.was_clean(host)
    # One watch asks for /status at each look and for figures at one in four; three would ask three times as much.
    assert rate < 2 / EVERY_S


def test_a_request_that_looks_like_a_script_is_shown_as_text(tmp_path: Path, visit: Visit) -> None:
    slow = {"MAX_DELAY": "20", "SEED": "1", "WORKER_TIMEOUT": "30"}
    with (
        running_up(tmp_path, "--workers", "1", "--dashboard-port", "0", environment=slow) as up,
        ThreadPoolExecutor() as threads,
    ):
        host = page_of(up)
        visit.open(f"http://{host}/", "The worker serves.")
        answers = [threads.submit(infer, up.url, HOSTILE) for _ in range(2)]
        visit.shows("<script>window.hacked = 1</script> a charming <b>film</b>")
        visit.shows("⚙️ in flight")
        assert visit.page.evaluate("window.hacked") is None
        up.send(signal.SIGINT)
        up.send(signal.SIGINT)
        for each in answers:
            each.exception(timeout=60)
        visit.was_clean(host)
