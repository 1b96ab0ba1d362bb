"""What the seed showed in its terminal: workers that crash at random and are slow, under a bursty client."""

import os
import subprocess
import sys
from pathlib import Path

from tests.brownout.running_up import get, running_up

# Crashes of one text again and again are what poison looks like; workers say that here they are the dice.
DICE = {"CRASH_RATE": "0.1", "MAX_DELAY": "0.02"}
BURSTS = {"BURSTS": "3", "BURST_SIZE": "20", "BURST_INTERVAL": "0.2"}


def test_workers_that_crash_at_random_cost_a_bursty_client_retries_and_no_answer(tmp_path: Path) -> None:
    with running_up(tmp_path, environment=DICE) as up:
        assert [worker["id"] for worker in get(f"{up.url}/status")["workers"]] == ["worker1", "worker2", "worker3"]
        bursts = 0
        # A crash alone is not enough: the dice may also fall for the canary by which /readyz looks around.
        while not (get(f"{up.url}/status")["tasks_retried"] and "exited (code 70)" in up.said):
            assert bursts < 10, "no crash cost a retry"
            bursts += 1
            client = subprocess.run(
                (sys.executable, "-m", "system.client"),
                env={**os.environ, **BURSTS, "COORDINATOR_URL": up.url},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert client.returncode == 0, client.stdout
            assert "failed     0" in client.stdout

        status = get(f"{up.url}/status")
    assert status["tasks_completed"] == status["tasks_submitted"] == 60 * bursts
    assert status["tasks_retried"] > 0
