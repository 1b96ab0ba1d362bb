"""Fuzz of the REST surface, made by schemathesis from the surface's own OpenAPI document, against real processes.

`FUZZ_EXAMPLES=2000 pytest tests/coordinator/test_http_fuzz.py` for more examples of each operation than a plain run has
time for, or `tox -e fuzz`; `FUZZ_SEED` for others.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import orjson
import pytest

from tests.coordinator.running import running_system

CONFIG = Path(__file__).with_name("schemathesis.toml")
HOOKS = Path(__file__).with_name("fuzz_hooks.py")
EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "10")
SEED = os.environ.get("FUZZ_SEED", "1")
OPERATIONS = 6


@pytest.mark.timeout(3600)
async def test_nothing_that_is_sent_breaks_the_surface_or_its_description(tmp_path: Path) -> None:
    async with running_system(tmp_path) as system:
        report = tmp_path / "report.json"
        fuzz = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "schemathesis.cli", "--no-color", "--config-file", str(CONFIG)),
            *("run", f"{system.url}/openapi.json", "--phases", "examples,coverage,fuzzing,stateful"),
            *("--checks", "all", "--max-examples", EXAMPLES, "--seed", SEED, "--continue-on-failure"),
            *("--report", "json", "--report-json-path", str(report)),
            cwd=tmp_path,
            env=os.environ | {"SCHEMATHESIS_HOOKS": str(HOOKS)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await fuzz.communicate()
        assert fuzz.returncode == 0, said.decode()
        ran = orjson.loads(report.read_bytes())
        assert ran["operations"]["tested"] == ran["operations"]["total"] == OPERATIONS
        assert {phase["status"] for phase in ran["phases"].values()} == {"success"}

        for process in (system.coordinator, *system.workers):
            assert process.alive
            assert b'"level":"error"' not in process.log.read_bytes()
        assert (await system.infer("still there"))[0] == 200
        status = await system.status()
        assert status["tasks_submitted"] == status["tasks_completed"] + status["tasks_failed"]
        assert status["pending_requests"] == []
