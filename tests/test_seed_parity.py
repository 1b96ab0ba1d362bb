"""docs/seed-parity.md is true: the tests it names exist, and what it calls "not yet" is not there yet."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Final

import pytest

from system.client.settings import ClientSettings
from system.coordinator.settings import CoordinatorSettings
from system.worker.settings import WorkerSettings

ROOT: Final = Path(__file__).parent.parent
TABLE: Final = (ROOT / "docs" / "seed-parity.md").read_text(encoding="utf-8")
ROWS: Final = dict(re.findall(r"^\| (?!the seed's promise|---)(.+?) \| (.+) \|$", TABLE, re.MULTILINE))
NAMED: Final = sorted({name for held_by in ROWS.values() for name in re.findall(r"`(tests/\S+::\w+)`", held_by)})


def test_every_promise_is_held_by_tests_or_named_as_missing() -> None:
    assert len(ROWS) >= 25
    for promise, held_by in ROWS.items():
        assert re.fullmatch(r"(`tests/\S+\.py::test_\w+` ?)+|not yet: `\S+`", held_by), promise


@pytest.mark.parametrize("name", NAMED)
def test_a_test_that_holds_a_promise_exists(name: str) -> None:
    path, _, function = name.partition("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert function in defined


@pytest.mark.parametrize("missing", re.findall(r"not yet: `(\S+)`", TABLE))
def test_what_is_not_there_yet_is_not_forgotten_once_it_is(missing: str) -> None:
    assert not (ROOT / missing).exists(), "name the tests that hold it in docs/seed-parity.md"


def test_every_setting_that_a_promise_names_is_one() -> None:
    kinds = (CoordinatorSettings, WorkerSettings, ClientSettings)
    settings = {name.upper() for kind in kinds for name in kind.model_fields}
    promised = set(re.findall(r"`([A-Z]+_[A-Z_]+|WORKERS)\b[^`]*`", "\n".join(ROWS)))

    assert promised >= {"WORKER_TIMEOUT", "BATCH_SIZE", "BATCH_TIMEOUT", "WORKERS", "REQUEST_LOG_SIZE"}
    assert promised >= {"CRASH_RATE", "MAX_DELAY", "WORKER_ID"}
    assert promised <= settings
