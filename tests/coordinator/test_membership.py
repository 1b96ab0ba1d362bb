"""Workers that come and go with the addresses behind a name: in virtual time, then for real."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from pathlib import Path

import pytest
from structlog.testing import LogCapture

from system.coordinator.addresses import Name
from system.coordinator.core.member import Member, MemberState
from system.coordinator.grpc_worker import GrpcWorker
from system.coordinator.resolver import Resolver, look_up
from tests.coordinator.company import INTERVAL_S, ScriptedNames, company, kept
from tests.coordinator.running import running_system
from tests.polling import until
from tests.worker.running_worker import serving

PATIENCE_S = 30.0


# ── in virtual time ──────────────────────────────────────────────────────────────────────────────────────────────────

virtual = pytest.mark.looptime


@virtual
async def test_every_address_behind_a_name_is_a_worker() -> None:
    async with company("dns:///workers:1", ScriptedNames(workers=["a", "b"])) as c:
        assert c.members == ["a:1", "b:1"]
        c.ask("x", "y")
        assert await c.answers() == ["X", "Y"]
        assert [worker.answered for lives in c.lives.values() for worker in lives] == [["x"], ["y"]]


@virtual
async def test_fixed_addresses_and_names_mix() -> None:
    async with company("w=f:9,dns:///workers:1,dns:///more:2", ScriptedNames(workers=["a"], more=["a", "b"])) as c:
        assert c.members == ["w", "a:1", "a:2", "b:2"]


@virtual
async def test_an_address_that_is_fixed_is_one_worker_whatever_name_leads_there() -> None:
    async with company("w=a:1,dns:///workers:1,dns:///alias:1", ScriptedNames(workers=["a", "b"], alias=["b"])) as c:
        assert c.members == ["w", "b:1"]


@virtual
async def test_a_worker_that_joins_a_name_gets_work_after_one_interval() -> None:
    async with company("dns:///workers:1", ScriptedNames(workers=["a"]), service_s=1.0) as c:
        c.names.hosts["workers"] = ["a", "b"]
        await asyncio.sleep(INTERVAL_S)
        c.ask("x", "y")
        await c.answers()
        assert [len(lives[0].answered) for lives in c.lives.values()] == [1, 1]


@virtual
async def test_a_worker_that_leaves_a_name_finishes_what_it_carries_and_gets_nothing_new() -> None:
    async with company("dns:///workers:1", ScriptedNames(workers=["a", "b"]), service_s=1.0) as c:
        c.names.hosts["workers"] = ["b"]
        await asyncio.sleep(INTERVAL_S - 0.1)
        c.ask("x", "y")  # one each
        await asyncio.sleep(0.2)
        c.ask("z")
        assert await c.answers() == ["X", "Y", "Z"]
        assert c.lives["a:1"][0].answered == ["x"]
        assert c.lives["b:1"][0].answered == ["y", "z"]
        assert c.members == ["b:1"]
        assert c.closed == ["a:1"]


@virtual
async def test_what_a_worker_that_left_never_answers_is_redirected() -> None:
    async with company("dns:///workers:1", ScriptedNames(workers=["a", "b"])) as c:
        c.names.hosts["workers"] = ["b"]
        await asyncio.sleep(INTERVAL_S - 0.1)
        c.lives["a:1"][0].service_s = 1000.0
        c.ask("x", "y")
        assert await c.answers() == ["X", "Y"]
        await asyncio.sleep(INTERVAL_S)
        assert c.members == ["b:1"]


@virtual
async def test_an_address_that_returns_while_it_still_leaves_is_a_worker_again() -> None:
    async with company("dns:///workers:1", ScriptedNames(workers=["a", "b"]), service_s=1.0) as c:
        c.names.hosts["workers"] = ["b"]
        await asyncio.sleep(INTERVAL_S - 0.1)
        c.lives["a:1"][0].service_s = 2.5
        c.ask("x", "y")
        await asyncio.sleep(0.2)
        assert {member.id: member.state for member in c.dispatcher.members}["a:1"] is MemberState.LEAVING
        c.names.hosts["workers"] = ["a", "b"]
        await asyncio.sleep(INTERVAL_S)
        assert await c.answers() == ["X", "Y"]
        assert sorted(c.members) == ["a:1", "b:1"]
        assert len(c.lives["a:1"]) == 2
        assert all(member.state is MemberState.UP for member in c.dispatcher.members)


@virtual
async def test_a_name_that_cannot_be_looked_up_any_more_keeps_its_workers_and_is_said_once() -> None:
    async with company("dns:///workers:1", ScriptedNames(workers=["a"])) as c:
        hosts = c.names.hosts.pop("workers")
        await asyncio.sleep(10 * INTERVAL_S)
        assert c.members == ["a:1"]
        (said,) = c.lines("name not resolved")
        assert said["log_level"] == "warning"
        assert said["name"] == "dns:///workers:1"
        assert said["kept"] == ["a:1"]
        c.names.hosts["workers"] = hosts
        await asyncio.sleep(10 * INTERVAL_S)
        assert [(line["came"], line["went"]) for line in c.lines("name resolved")] == [(["a:1"], []), ([], [])]


@virtual
async def test_requests_wait_for_a_name_that_nobody_is_behind_yet() -> None:
    async with company("dns:///workers:1", ScriptedNames()) as c:
        assert c.members == []
        c.ask("x")
        await asyncio.sleep(1.0)
        c.names.hosts["workers"] = ["a"]
        assert await c.answers() == ["X"]


@virtual
async def test_a_name_server_that_never_answers_for_one_name_holds_up_no_other() -> None:
    names = ScriptedNames(workers=["a"], more=["b"])
    names.silent.add("more")
    async with company("dns:///more:1,dns:///workers:1", names) as c:
        assert c.members == ["a:1"]
        c.names.hosts["workers"] = ["c"]
        await asyncio.sleep(INTERVAL_S + 0.1)
        assert c.members == ["c:1"]


@virtual
@pytest.mark.parametrize("seed", range(10))
async def test_whoever_comes_and_goes_no_request_is_lost(seed: int) -> None:
    rng = random.Random(seed)
    async with company("dns:///workers:1", ScriptedNames(workers=["a"]), service_s=0.4) as c:
        texts = [f"t{number}" for number in range(300)]
        for text in texts:
            c.ask(text)
            await asyncio.sleep(rng.expovariate(3.0))
            if rng.random() < 0.1:
                c.names.hosts["workers"] = rng.sample("abcde", rng.randint(1, 5))
        assert await c.answers() == [text.upper() for text in texts]
        ledger = c.dispatcher.ledger
        assert (ledger.submitted, ledger.completed, ledger.failed) == (300, 300, 0)
        computed = [text for lives in c.lives.values() for worker in lives for text in worker.answered]
        assert sorted(computed) == sorted(texts)  # nobody who left was cut short: nothing was computed again
        assert len(c.closed) > 5


@virtual
async def test_no_channel_is_closed_under_a_call_at_the_end() -> None:
    async with company("f:1,dns:///workers:1", ScriptedNames(workers=["a"]), service_s=9.0) as c:
        c.ask("x", "y")
        await asyncio.sleep(0.1)
        assert [worker.calls for lives in c.lives.values() for worker in lives] == [1, 1]
    await asyncio.gather(*(task for task in c.asked if task.cancel()), return_exceptions=True)


# ── what is behind a name ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("resolve", [ScriptedNames(localhost=["127.0.0.1"]), look_up], ids=["scripted", "real"])
async def test_a_resolver_gives_addresses_or_says_that_it_cannot(resolve: Resolver) -> None:
    assert "127.0.0.1:7" in await resolve(Name("localhost", 7))
    with pytest.raises(OSError, match="not known"):
        await resolve(Name("nobody.invalid", 7))


@pytest.mark.parametrize(("host", "address"), [("[::1]", "[::1]:7"), ("127.0.0.2", "127.0.0.2:7")])
async def test_an_address_is_behind_itself(host: str, address: str) -> None:
    assert await look_up(Name(host, 7)) == {address}


# ── for real ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_real_workers_come_and_go_under_load_and_nothing_is_lost() -> None:
    names = ScriptedNames(workers=["127.0.0.1"])
    async with serving(HOST="127.0.0.1") as (first, _):
        port = (await first.address()).rpartition(":")[2]
        async with serving(HOST="127.0.0.2", PORT=port):
            workers = f"dns:///workers:{port}"
            async with kept(workers, GrpcWorker, names, LogCapture(), interval_s=0.05) as dispatcher:

                def member(host: str) -> Member | None:
                    return next((each for each in dispatcher.members if each.id == f"{host}:{port}"), None)

                def works(host: str, more_than: int = 0) -> bool:
                    found = member(host)
                    return found is not None and found.tasks_processed > more_than

                stop = asyncio.Event()

                async def client() -> None:
                    while not stop.is_set():
                        await dispatcher.infer("a wonderful film")

                async with asyncio.TaskGroup() as clients:
                    for _ in range(8):
                        clients.create_task(client())
                    await until(lambda: works("127.0.0.1"))
                    for _ in range(3):
                        names.hosts["workers"] = ["127.0.0.1", "127.0.0.2"]
                        await until(lambda: works("127.0.0.2"))
                        names.hosts["workers"] = ["127.0.0.2"]
                        await until(lambda: member("127.0.0.1") is None)
                        done = dispatcher.ledger.completed
                        await until(lambda: dispatcher.ledger.completed > done + 20)  # noqa: B023 - awaited here
                        names.hosts["workers"] = ["127.0.0.1"]
                        await until(lambda: member("127.0.0.2") is None and works("127.0.0.1"))
                    stop.set()
                ledger = dispatcher.ledger
                assert (ledger.failed, ledger.retried) == (0, 0)
                assert ledger.submitted == ledger.completed


async def test_a_coordinator_serves_with_the_workers_behind_a_name(tmp_path: Path) -> None:
    async with serving() as (worker, _):
        port = (await worker.address()).rpartition(":")[2]
        async with running_system(tmp_path, workers=0, WORKERS=f"dns:///localhost:{port}") as system:
            status, said = await system.infer("a wonderful film")
            assert (status, said["output"], said["worker"]) == (200, "POSITIVE", f"127.0.0.1:{port}")


async def test_a_coordinator_starts_before_its_workers_have_a_name_and_is_not_ready(tmp_path: Path) -> None:
    async with running_system(tmp_path, workers=0, WORKERS="dns:///nobody.invalid:1") as system:
        async with system.http.get("/readyz") as response:
            assert response.status == 503
            assert "no healthy worker" in (await response.json())["reason"]
        # The system's resolver takes its time to say that there is no such name.
        async with asyncio.timeout(PATIENCE_S):
            while not (said := system.lines("name not resolved")):
                await asyncio.sleep(0.02)
        assert [line["name"] for line in said] == ["dns:///nobody.invalid:1"]
        state = await system.coordinator.stop()
        assert state.code == 0


# A system's resolver that asks a name server which does not answer can be neither cancelled nor told to hurry.
STUCK = """
import asyncio, contextlib, socket, time
from system.coordinator.addresses import Name
from system.coordinator.resolver import look_up
socket.getaddrinfo = lambda *_, **__: time.sleep(3600)

async def leave():
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.1):
            await look_up(Name("workers", 1))

asyncio.run(leave())
print("ended")
"""


def test_a_name_server_that_does_not_answer_does_not_hold_up_the_end() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", STUCK], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "ended\n", "")
