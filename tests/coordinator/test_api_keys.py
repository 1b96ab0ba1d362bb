"""Who may use the REST surface of a real coordinator that asks for keys, and how the keys are changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from system.coordinator.api_keys import ApiKeys
from system.coordinator.settings import CoordinatorSettings
from system.settings import USAGE, load
from tests.coordinator.running import PATIENCE_S, RunningSystem, running_system

ALICE, BOB, CAROL = "alice-0123456789abcdef", "bob/0123456789abcdef==", "carol-0123456789abcdef"
module_loop = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("keys") / "keys"
    file.write_text(f"# who: since\n{ALICE}\n\n  {BOB}\n")
    return file


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(tmp_path_factory: pytest.TempPathFactory, file: Path) -> AsyncIterator[RunningSystem]:
    async with running_system(tmp_path_factory.mktemp("logs"), API_KEYS_FILE=str(file)) as running:
        yield running


async def status_of(system: RunningSystem, headers: dict[str, str], path: str = "/status") -> int:
    async with system.http.get(path, headers=headers) as response:
        return response.status


@module_loop
@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {ALICE}"},
        {"authorization": f"bearer  {BOB}"},
        {"X-API-Key": BOB},
        {"X-API-Key": "not-a-key-of-anybody", "Authorization": f"Bearer {ALICE}"},
    ],
    ids=["bearer", "bearer, in small letters", "header", "one of two"],
)
async def test_a_key_lets_in(system: RunningSystem, headers: dict[str, str]) -> None:
    assert await status_of(system, headers) == 200
    async with system.http.post("/infer", json={"input": "a wonderful film"}, headers=headers) as response:
        assert response.status == 200


@module_loop
@pytest.mark.parametrize(
    ("headers", "challenge"),
    [
        ({}, 'Bearer realm="brownout"'),
        ({"Authorization": f"Basic {ALICE}"}, 'Bearer realm="brownout"'),
        ({"Authorization": "Bearer "}, 'Bearer realm="brownout", error="invalid_token"'),
        ({"Authorization": f"Bearer {CAROL}"}, 'Bearer realm="brownout", error="invalid_token"'),
        ({"X-API-Key": ALICE[:-1]}, 'Bearer realm="brownout", error="invalid_token"'),
        ({"X-API-Key": "é"}, 'Bearer realm="brownout", error="invalid_token"'),
    ],
    ids=["none", "another scheme", "empty", "unknown", "cut", "not ASCII"],
)
async def test_without_a_known_key_there_is_a_challenge(
    system: RunningSystem, headers: dict[str, str], challenge: str
) -> None:
    async with system.http.get("/status", headers=headers) as response:
        assert (response.status, response.headers["WWW-Authenticate"]) == (401, challenge)
        assert list(await response.json()) == ["detail"]


@module_loop
async def test_only_health_is_open_to_all(system: RunningSystem) -> None:
    async with system.http.get("/openapi.json", headers={"X-API-Key": ALICE}) as response:
        document = await response.json()
    assert set(document["components"]["securitySchemes"]) == {"bearer", "apiKey"}
    guarded = {
        path
        for path, operations in document["paths"].items()
        for operation in operations.values()
        if operation.get("security") == [{"bearer": []}, {"apiKey": []}] and "401" in operation["responses"]
    }
    assert document["paths"].keys() - guarded == {"/healthz", "/readyz"}
    for path in (
        *document["paths"],
        "/docs",
        "/redoc",
        "/openapi.json",
        "/nowhere",
        "/healthz/",
        "/HEALTHZ",
        "/status/../healthz/x",
    ):
        for method in ("GET", "POST", "OPTIONS", "HEAD"):
            async with system.http.request(method, path, allow_redirects=False) as response:
                assert (response.status == 401) == (path not in {"/healthz", "/readyz"}), (method, path)


@module_loop
async def test_who_is_refused_leaves_no_trace_in_the_books_and_may_go_on(system: RunningSystem) -> None:
    async def books() -> dict[str, int]:
        async with system.http.get("/status", headers={"X-API-Key": ALICE}) as response:
            status = await response.json()
        return {name: status[name] for name in ("tasks_submitted", "tasks_failed", "tasks_completed")}

    before = await books()
    async with aiohttp.ClientSession(system.url, connector=aiohttp.TCPConnector(limit=1)) as one:
        for body in (b'{"input": "a"}', b"a" * 1_000_000):
            async with one.post("/infer", data=body) as response:
                assert response.status == 401
        async with one.get("/healthz") as response:
            assert response.status == 200
    assert await books() == before


@module_loop
async def test_keys_change_with_their_file_and_not_by_one_that_holds_none(system: RunningSystem, file: Path) -> None:
    put(file, f"{CAROL}\n")
    async with asyncio.timeout(PATIENCE_S):
        while await status_of(system, {"X-API-Key": CAROL}) != 200:
            await asyncio.sleep(0.02)
    assert await status_of(system, {"X-API-Key": ALICE}) == 401
    put(file, "# nobody\n")
    async with asyncio.timeout(PATIENCE_S):
        while not system.lines("not reloaded; what was read before is kept"):
            await asyncio.sleep(0.02)
    assert await status_of(system, {"X-API-Key": CAROL}) == 200


def put(file: Path, content: str) -> None:
    file.write_text(content)


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"API_KEYS": f"{ALICE},tooshort"}, "API_KEYS=(hidden): key 2: a key is 16 to 256"),
        ({"API_KEYS": "spaces in a key are not allowed"}, "API_KEYS=(hidden): key 1: "),
        ({"API_KEYS": ","}, "API_KEYS=(hidden): holds no key"),
        ({"API_KEYS": "k" * 257}, "API_KEYS=(hidden): key 1: "),
        ({"API_KEYS_FILE": "/none"}, "API_KEYS_FILE='/none': cannot be read: No such file or directory"),
        ({"API_KEYS_FILE": "/dev/null"}, "API_KEYS_FILE='/dev/null': holds no key"),
        ({"API_KEYS": ALICE, "API_KEYS_FILE": "/dev/null"}, "API_KEYS_FILE='/dev/null': either this or API_KEYS"),
        ({"LOG_HASH_KEY": "tooshort"}, "LOG_HASH_KEY=(hidden): "),
    ],
)
def test_wrong_keys_are_named_by_their_place_alone(
    settings: dict[str, str], complaint: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as end:
        load(CoordinatorSettings)
    assert end.value.code == USAGE
    said = capsys.readouterr().err
    assert complaint in said
    for secret in (ALICE, "tooshort", "spaces in a key", "k" * 257):
        assert secret not in said


def test_secrets_are_in_no_representation() -> None:
    settings = CoordinatorSettings.model_validate({"api_keys": ALICE, "log_hash_key": BOB})
    told = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()} {vars(ApiKeys([ALICE]))}"
    assert "api_keys" in told
    assert ALICE not in told
    assert BOB not in told
