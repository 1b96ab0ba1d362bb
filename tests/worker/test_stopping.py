"""Ends that nobody waits for: a drain at its bound, one that is cut short, a thread that never comes back."""

import asyncio
import contextlib
import os
import shutil
import signal
from pathlib import Path
from typing import Final

import pytest

from system.models import catalogue
from system.worker.stopping import IDS_NAMED
from tests.worker.running_worker import Client, RunningWorker, connected, running_worker, serving

# A delay so long that a call surely still runs when the drain ends.
LONG: Final = {"MAX_DELAY": 3600, "SEED": 1, "LOG_LEVEL": "debug"}

# The worker's own main, over a model that never lets go of one text.
STUCK: Final = """
import threading
from system.models.classifier import Classifier
from system.worker.__main__ import main

classify_one = Classifier.classify_one

def stuck(self, text):
    if text == "stuck":
        threading.Event().wait()
    return classify_one(self, text)

Classifier.classify_one = stuck
main()
"""


async def admitted(worker: RunningWorker, client: Client, *ids: str, text: str = "a joy") -> None:
    """A call that will not be answered."""
    client.infer([text] * len(ids), ids)
    await worker.line("admitted", lambda line: bool(line["request_ids"] == list(ids)))


async def test_a_drain_ends_at_its_bound_and_names_what_it_abandoned() -> None:
    async with serving(**LONG, DRAIN_TIMEOUT=0.1) as (worker, client):
        await admitted(worker, client, "a", "b")
        await admitted(worker, client, "c")

        worker.process.terminate()

        line = await worker.line("drain timed out")
        assert (line["abandoned"], line["requests"], line["request_ids"]) == (2, 3, ["a", "b", "c"])
        assert line["bound_s"] == 0.1
        assert await worker.exit_code() == 0


@pytest.mark.parametrize(
    ("first", "second"),
    [(signal.SIGTERM, signal.SIGTERM), (signal.SIGINT, signal.SIGINT), (signal.SIGTERM, signal.SIGINT)],
)
async def test_a_second_signal_ends_the_drain_at_once(first: signal.Signals, second: signal.Signals) -> None:
    async with serving(**LONG, DRAIN_TIMEOUT=3600) as (worker, client):
        await admitted(worker, client, "a")

        worker.process.send_signal(first)
        await worker.line("draining")
        worker.process.send_signal(second)

        assert (await worker.line("drain cut short"))["request_ids"] == ["a"]
        assert await worker.exit_code() == 0
        assert worker.complaints == []


async def test_signals_that_keep_coming_do_not_make_a_failure_of_a_clean_end() -> None:
    async with serving() as (worker, _):
        ending = asyncio.create_task(worker.exit_code())
        while not ending.done():
            # `terminate` looks first whether it has ended, and would take the exit code from who waits for it.
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker.process.pid, signal.SIGTERM)
            await asyncio.wait([ending], timeout=0.01)

        assert await ending == 0


async def test_the_line_of_a_cut_drain_is_bounded_and_counts_the_rest() -> None:
    ids = [f"{index}" for index in range(IDS_NAMED + 5)]
    async with serving(**LONG, DRAIN_TIMEOUT=0) as (worker, client):
        await admitted(worker, client, *ids)

        worker.process.terminate()

        line = await worker.line("drain timed out")
        assert line["requests"] == len(ids)
        assert line["request_ids"] == ids[:IDS_NAMED]


async def test_a_model_that_is_stuck_does_not_hold_up_the_end() -> None:
    async with serving("-c", STUCK, LOG_LEVEL="debug", DRAIN_TIMEOUT=0.1) as (worker, client):
        assert (await client.infer(["a joy"])).success
        await admitted(worker, client, "a", text="stuck")
        assert (await client.health_check()).ok

        worker.process.terminate()

        assert (await worker.line("drain timed out"))["request_ids"] == ["a"]
        assert await worker.exit_code() == 0
        assert worker.complaints == []


async def test_a_worker_that_is_still_loading_stops_when_it_is_told_to(tmp_path: Path) -> None:
    own = shutil.copytree(Path(catalogue.__file__).parent / catalogue.EMBEDDED, tmp_path / "own")
    (own / catalogue.GRAPH).unlink()
    os.mkfifo(own / catalogue.GRAPH)  # whoever reads it waits for a writer
    async with running_worker(MODEL=own) as worker, connected(worker) as client:
        assert not (await client.health_check()).ok

        worker.process.terminate()

        await worker.line("stopped")
        assert await worker.exit_code() == 0
        assert worker.complaints == []
