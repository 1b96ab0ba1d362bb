"""`brownout up --chaos` from outside: who may break it, what is saved of it, and that nothing stays."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from pathlib import Path

import aiohttp
import orjson
import pytest

from brownout.control import Control
from brownout.session import Session
from chaos.bundled import bundled
from chaos.clusters.simulated.cluster import SimulatedCluster
from chaos.clusters.simulated.virtual_time import run
from chaos.hands import Hands
from tests.brownout.called import Called
from tests.brownout.running_up import COMMAND, eventually, get, gone, infer, running_up

END_S = 60.0  # a busy machine may take its time to end six processes


def session_by_hand() -> bytes:
    """A worker killed for three seconds and a slow connection, as the live page would save it."""

    async def carried_out() -> bytes:
        async with SimulatedCluster(bundled(), logs=None, seed=1) as cluster, Hands(cluster) as hands:
            fault = hands.inject("crash", "worker1", {})
            await asyncio.sleep(3)
            hands.heal(fault)
            hands.inject("latency", "coordinator→worker2", {"ms": 100}, seconds=1)
            await asyncio.sleep(5)
            return orjson.dumps(Session(hands).to_json())

    return run(carried_out())


@pytest.mark.parametrize("command", ["replay", "run"])
def test_what_was_broken_by_hand_is_repeated_from_its_file(
    command: str, tmp_path: Path, call: Called, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("session.json").write_bytes(session_by_hand())
    code, said, _ = call(command, "session.json", "--substrate", "simulated", "--json")
    told = orjson.loads(said)
    assert code == 0, said
    assert [(each["kind"], each["target"], each["bit"]) for each in told["faults"]] == [
        ("crash", "worker1", True),
        ("latency", "coordinator→worker2", True),
    ]
    assert told["figures"]["requests"] > 50


async def test_nobody_without_the_token_breaks_anything() -> None:
    # What refuses a caller comes before anything is done to the cluster, which therefore need not run.
    async with Hands(SimulatedCluster(bundled(), logs=None, seed=1)) as hands:
        said: list[str] = []
        crash = {"kind": "crash", "target": "worker1", "parameters": {}}
        async with Control(Session(hands), said.append) as control, aiohttp.ClientSession() as http:
            assert control.url.startswith("http://127.0.0.1:")
            for headers in ({}, {"Authorization": "Bearer guessed"}, {"Authorization": "Bearer \u00e9"}):
                async with http.post(f"{control.url}/inject", json=crash, headers=headers) as answer:
                    assert answer.status == 401
            assert (hands.windows, said) == ((), [])
            known = {"Authorization": f"Bearer {control.token}"}
            for wrong, complaint in (
                (b"{", "this is not JSON"),
                (b"[]", "kind and target are texts"),
                (orjson.dumps(crash | {"target": "worker9"}), "brownout has no 'worker9'"),
                (orjson.dumps(crash | {"seconds": -1}), "seconds -1 is not a number above 0"),
            ):
                async with http.post(f"{control.url}/inject", data=wrong, headers=known) as answer:
                    assert answer.status == 422
                    assert complaint in (await answer.json())["problem"]


def test_it_answers_like_the_system_it_is_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with running_up(tmp_path, "--chaos", "--workers", "1", "--dashboard-port", "0", ready=False) as up:
        up.await_line("ready after", 60)
        assert infer(up.url, "what a lovely day")["output"] == "POSITIVE"
        up.await_line("live page: http://", 90)
        family = up.family()
        up.send(signal.SIGINT)
        assert up.process.wait(END_S) == 0
        assert gone(family)
        assert up.said.endswith("stopped\n")
        assert not (up.logs / "session.json").exists()


def test_a_second_signal_ends_what_was_broken_at_once_and_shows_the_logs_until_then(tmp_path: Path) -> None:
    breakable = ("--chaos", "--workers", "1", "--dashboard-port", "0", "--verbose")
    slow = {"WORKER_TIMEOUT": "60", "BATCH_SIZE": "1", "MAX_DELAY": "5"}
    with running_up(tmp_path, *breakable, ready=False, environment=slow) as up:
        up.await_line("ready after", 60)
        up.await_line('"event":"listening"')
        up.await_line("live page: http://", 90)
        family = up.family()
        # Twenty answers of seconds each: the coordinator has something to drain for as long as it is allowed to.
        load = subprocess.Popen((*COMMAND, "load", up.url, "--burst", "20"), stdout=subprocess.DEVNULL)
        try:
            eventually(lambda: len(get(f"{up.url}/status")["pending_requests"]) > 15, "pending requests")
            up.send(signal.SIGINT)
            up.await_line("healing and stopping; once more (Ctrl-C) kills")
            up.await_line('"event":"draining"')
            assert not gone(family)
            up.send(signal.SIGINT)
            assert up.process.wait(END_S) == 130
            assert gone(family)
            assert up.said.endswith("killed\n")
        finally:
            load.kill()
            load.wait()


def test_without_a_page_nobody_could_break_it(call: Called) -> None:
    code, _, problems = call("up", "--chaos", "--no-dashboard")
    assert code == 3
    assert "leave out --no-dashboard" in problems
