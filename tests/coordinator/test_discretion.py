"""LOG_INPUTS: how much of an input is told, in logs and by the REST surface."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

from system.coordinator.discretion import CHARACTERS, DiscretionSettings, LogInputs, shown
from tests.coordinator.running import PATIENCE_S, RunningSystem, running_system

TEXT = "my name is nobody's business"
ODD = 'a "quoted" film\nwith a second line, \x1b[31mred\x1b[0m and \u202e'
KEY = "a-key-of-the-tests-1234567890"


def told(text: str, **settings: str) -> str:
    return shown(DiscretionSettings.model_validate(settings))(text)


def test_an_input_is_cut_unless_told_otherwise() -> None:
    assert told("a" * 1000) == "a" * CHARACTERS
    assert told(TEXT) == TEXT
    assert told("a" * 1000, log_inputs="FULL") == "a" * 1000


def test_hashes_tell_equal_from_different_and_nothing_else() -> None:
    show = shown(DiscretionSettings(log_inputs=LogInputs.HASH))
    assert re.fullmatch("[0-9a-f]{16}", show(TEXT))
    assert show(TEXT) == show(TEXT)
    assert len({show("a" * length) for length in range(1000)}) == 1000
    assert show("\ud800")


def test_hashes_of_two_processes_compare_only_under_the_same_key() -> None:
    assert told(TEXT, log_inputs="hash") != told(TEXT, log_inputs="hash")
    same = {told(TEXT, log_inputs="hash", log_hash_key=KEY) for _ in range(2)}
    assert len(same) == 1
    assert same != {told(TEXT, log_inputs="hash", log_hash_key=KEY + "x")}


async def told_of(system: RunningSystem, text: str) -> tuple[str, str, str]:
    """By /status while it is pending, by /recent_requests afterwards, and by the log."""
    await system.workers[0].pause()
    under_way = asyncio.create_task(system.infer(text))
    async with asyncio.timeout(PATIENCE_S):
        pending: list[dict[str, Any]] = []
        while not pending:
            pending = (await system.status())["pending_requests"]
    await system.workers[0].resume()
    status, answer = await under_way
    assert status == 200
    async with system.http.get("/recent_requests", params={"limit": 1}) as response:
        (recent,) = await response.json()
    (line,) = [line for line in system.lines("request") if line["request_id"] == answer["request_id"]]
    return pending[0]["input"], recent["input"], line["input"]


async def test_by_default_inputs_are_told_and_cannot_break_a_line(tmp_path: Path) -> None:
    async with running_system(tmp_path) as system:
        assert await told_of(system, ODD) == (ODD, ODD, ODD)
        assert b"\x1b" not in system.coordinator.log.read_bytes()


async def test_where_inputs_are_hashed_they_are_told_nowhere(tmp_path: Path) -> None:
    most = {"LOG_LEVEL": "debug"}
    async with running_system(tmp_path, 1, most, LOG_INPUTS="hash", LOG_HASH_KEY=KEY, **most) as system:
        hashed = told(TEXT, log_inputs="hash", log_hash_key=KEY)
        assert await told_of(system, TEXT) == (hashed, hashed, hashed)
        for process in (system.coordinator, *system.workers):
            log = process.log.read_text()
            assert "nobody" not in log
            assert KEY not in log
