"""TLS and API keys between real processes: who is refused, what a change of files does, and that no secret is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from tests.coordinator.secured import KEY, Secured, infer, ready, secured_system
from tests.polling import until
from tests.tls.authority import Authority

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Secured]:
    async with secured_system(tmp_path_factory.mktemp("secured")) as running:
        yield running


async def has_pending(http: aiohttp.ClientSession, count: int) -> bool:
    try:
        async with http.get("/status") as response:
            return len((await response.json())["pending_requests"]) == count
    except aiohttp.ClientConnectorError:
        return False


async def test_who_has_a_certificate_and_a_key_is_answered(system: Secured) -> None:
    async with system.client(shown=system.authority.issue("client")) as http:
        assert (await infer(http))[0] == 200


async def test_unless_told_otherwise_both_are_reached_from_their_own_machine_alone(system: Secured) -> None:
    for process in (system.coordinator, system.worker):
        (listening,) = [line for line in process.log.read_text().splitlines() if '"event":"listening"' in line]
        assert '"host":"127.0.0.1"' in listening


async def test_who_has_no_certificate_is_not_even_heard(system: Secured) -> None:
    async with system.client(shown=None) as http:
        assert not await ready(http)
    async with aiohttp.ClientSession(f"http://{system.address}") as plain:
        assert not await ready(plain)


async def test_who_has_a_certificate_and_no_key_is_refused(system: Secured) -> None:
    async with system.client(shown=system.authority.issue("client"), key="another-key-of-the-tests") as http:
        assert (await infer(http))[0] == 401


async def test_everything_is_issued_anew_while_a_request_is_under_way_and_it_is_answered(
    system: Secured, tmp_path: Path
) -> None:
    second = Authority(tmp_path, "second")
    async with (
        system.client(shown=system.authority.issue("client")) as http,
        system.client(second, shown=second.issue("client")) as renewed,
    ):
        await system.worker.pause()
        under_way = [asyncio.create_task(infer(http, f"film {number}")) for number in range(3)]
        await until(lambda: has_pending(http, 3))
        system.rotate(second)
        await until(lambda: has_pending(renewed, 3))
        with pytest.raises(aiohttp.ClientConnectorError):
            await infer(http)
        await system.worker.resume()
        assert [status for status, _ in await asyncio.gather(*under_way)] == [200] * 3
        assert (await infer(renewed))[0] == 200
        async with renewed.get("/status") as response:
            assert (await response.json())["tasks_failed"] == 0


async def test_no_secret_is_told_anywhere(system: Secured, tmp_path: Path) -> None:
    # Whoever shows up last: the files may have been changed by the test before.
    shown = Authority(tmp_path, "third")
    system.rotate(shown)
    said = []
    async with system.client(shown, shown=shown.issue("client")) as http:
        await until(lambda: ready(http))
        for path in (
            "/status",
            "/recent_requests",
            "/metrics",
            "/openapi.json",
            "/nowhere",
            "/recent_requests?limit=x",
        ):
            async with http.get(path) as response:
                said.append(await response.text())
        for body in (b"{", b'{"input": 1}', b'{"input": "\\u0000"}'):
            async with http.post("/infer", data=body) as response:
                said.append(await response.text())
    async with (
        system.client(shown, shown=shown.issue("client"), key=KEY + "x") as http,
        http.get("/status") as response,
    ):
        said.append(await response.text())
    logs = [process.log.read_text() for process in (system.coordinator, system.worker)]
    assert all("reloaded" in log for log in logs)
    keys = [identity.key.read_text().splitlines()[1] for identity in system.identities.values()]
    for secret in (KEY, *keys):
        assert not [text for text in (*said, *logs) if secret in text]
