"""However a session ends, nothing of it is left, and what it wrote can be read."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import psutil
import pytest

from tests.chaos.session.project import Write

pytest_plugins = ["pytester"]

ENDLESS = """
async def test_it_goes_on(experiment):
    await experiment(constant(rate=40, seconds=600, inputs=["good"]), system=relay())
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_a_session_ends_no_process_is_left_and_the_history_is_readable(
    pytester: pytest.Pytester, scenario: Write, number: signal.Signals
) -> None:
    scenario(ENDLESS)
    # Who was started in the background of a shell ignores Ctrl-C, and so would what it starts.
    program = (
        "import signal, sys, pytest; signal.signal(signal.SIGINT, signal.default_int_handler); sys.exit(pytest.main())"
    )
    session = subprocess.Popen(
        (sys.executable, "-c", program), cwd=pytester.path, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    try:
        histories = pytester.path / "reports" / "runs" / "latest"
        wait_until(lambda: (histories / "history.jsonl").exists() and len(lines(histories / "history.jsonl")) > 20)
        children = psutil.Process(session.pid).children(recursive=True)
        assert len(children) >= 5  # three nodes, a proxy, a keeper
    finally:
        session.send_signal(number)
        output, _ = session.communicate(timeout=60)
    wait_until(lambda: not any(child.is_running() and child.status() != "zombie" for child in children))
    assert all(orjson.loads(line) for line in lines(histories / "history.jsonl")[:-1])
    if number is not signal.SIGKILL:
        assert orjson.loads((histories / "verdicts.json").read_bytes())["verdict"] == "INCONCLUSIVE"
        assert "? experiment: the run was interrupted" in output
    else:
        assert not (histories / "verdicts.json").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a worker notices when it next speaks to its controller")
def test_a_controller_that_is_killed_leaves_no_worker_and_no_cluster(
    pytester: pytest.Pytester, scenario: Write
) -> None:
    scenario(ENDLESS)
    session = subprocess.Popen((sys.executable, "-m", "pytest", "-n1"), cwd=pytester.path, stdout=subprocess.DEVNULL)
    try:
        history = pytester.path / "reports" / "runs" / "latest" / "history.jsonl"
        wait_until(lambda: history.exists() and len(lines(history)) > 5)
        children = psutil.Process(session.pid).children(recursive=True)
        assert len(children) >= 6  # the worker, three nodes, a proxy, a keeper
    finally:
        session.kill()
        session.wait()
    wait_until(lambda: not any(child.is_running() and child.status() != "zombie" for child in children))


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()


def wait_until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)
