import os
import signal
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tests.brownout.running_up import COMMAND, RunningUp, brownout, eventually, get
from tests.brownout.terminal import at_terminal


@pytest.mark.parametrize(
    "how",
    [["--burst", "5", "--every", "0.5"], ["--rate", "30"], ["--concurrency", "3"]],
    ids=["in bursts", "at a rate", "back to back"],
)
def test_the_summary_agrees_with_what_the_system_says(up: RunningUp, how: list[str]) -> None:
    before = get(f"{up.url}/status")
    ended = brownout("load", up.url, *how, "--seconds", "1", "--json", "--seed", "7")
    after = get(f"{up.url}/status")
    summary = orjson.loads(ended.stdout)
    assert ended.returncode == 0, ended.stderr
    assert summary["answered"] == after["tasks_completed"] - before["tasks_completed"] > 0
    assert summary["sent"] == after["tasks_submitted"] - before["tasks_submitted"]
    assert summary["retries"] == after["tasks_retried"] - before["tasks_retried"]
    processed = {worker["id"]: worker["tasks_processed"] for worker in before["workers"]}
    grown = {worker["id"]: worker["tasks_processed"] - processed[worker["id"]] for worker in after["workers"]}
    assert summary["answered_by_worker"] == {name: number for name, number in grown.items() if number}
    assert 0 < summary["p50_ms"] <= summary["p90_ms"] <= summary["p99_ms"] <= summary["max_ms"]
    assert summary["seed"] == 7


def test_bursts_from_the_environment_are_sent_and_summed_up(up: RunningUp) -> None:
    before = get(f"{up.url}/status")["tasks_completed"]
    ended = subprocess.run(
        (sys.executable, "-m", "system.client"),
        env={**os.environ, "COORDINATOR_URL": up.url, "BURSTS": "2", "BURST_SIZE": "4", "BURST_INTERVAL": "0.2"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert get(f"{up.url}/status")["tasks_completed"] - before == 8
    assert "sent       8 in" in ended.stdout


def test_at_a_terminal_progress_is_drawn_while_it_goes_on(up: RunningUp) -> None:
    with at_terminal(*COMMAND, "load", up.url, "--rate", "20", "--seconds", "1") as load:
        assert load.wait(30) == 0
    assert "answers/s, p99" in load.drawn
    assert "p50" in load.drawn.rpartition("answers/s")[2]


def test_ctrl_c_sums_up_what_there_is_so_far(up: RunningUp) -> None:
    before = get(f"{up.url}/status")["tasks_completed"]
    load = subprocess.Popen(
        (*COMMAND, "load", up.url, "--rate", "20", "--seconds", "600", "--json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    eventually(lambda: get(f"{up.url}/status")["tasks_completed"] > before + 5, "a few answers")
    load.send_signal(signal.SIGINT)
    summary = orjson.loads(load.communicate(timeout=20)[0])
    assert load.returncode == 0
    assert summary["stopped"] is True
    assert summary["answered"] > 5
    assert summary["sent"] == summary["answered"] + summary["failed"] + summary["unanswered"]


def test_failures_are_counted_by_kind_and_make_the_exit_code_one(up: RunningUp, tmp_path: Path) -> None:
    texts = tmp_path / "hostile.jsonl"
    texts.write_bytes(orjson.dumps({"text": "a\0b"}))
    ended = brownout("load", up.url, "--burst", "3", "--seconds", "1", "--inputs", str(texts), "--json")
    summary = orjson.loads(ended.stdout)
    assert ended.returncode == 1
    assert summary["failures"] == {"rejected": 3}
    assert summary["examples"]["rejected"].startswith("422")
    assert summary["answered"] == 0


def test_nobody_there_is_told_with_its_mend() -> None:
    refused = brownout("load", "http://127.0.0.1:1")
    assert refused.returncode == 3
    assert "brownout up" in refused.stderr


def test_all_wrong_settings_are_told_at_once() -> None:
    refused = subprocess.run(
        (sys.executable, "-m", "system.client"),
        env={**os.environ, "COORDINATOR_URL": "nowhere", "BURST_SIZE": "0", "INPUTS": "/no/such/file"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert refused.returncode == 2
    for name in ("COORDINATOR_URL='nowhere'", "BURST_SIZE='0'", "INPUTS='/no/such/file'"):
        assert name in refused.stderr
