"""The tests that docs/promises.md and docs/seed-parity.md name exist, and what is "not yet" is not there yet."""

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


def rows(name: str) -> dict[str, str]:
    """Each promise of a page, and what it says holds it."""
    page = (ROOT / "docs" / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^\| (?!promise|the seed's promise|---)(.+?) \| (.+) \|$", page, re.MULTILINE))


SEED: Final = rows("seed-parity.md")
PROMISES: Final = rows("promises.md")
HELD_BY: Final = [*SEED.values(), *PROMISES.values()]
NAMED: Final = sorted(
    {name for held_by in HELD_BY for name in re.findall(r"`((?:tests|scenarios)/\S+::\w+)`", held_by)}
)
MISSING: Final = sorted({path for held_by in HELD_BY for path in re.findall(r"not yet: `(\S+)`", held_by)})


@pytest.mark.parametrize(("page", "least"), [(SEED, 25), (PROMISES, 20)], ids=["seed-parity", "promises"])
def test_every_promise_is_held_by_tests_or_named_as_missing(page: dict[str, str], least: int) -> None:
    assert len(page) >= least
    for promise, held_by in page.items():
        assert re.fullmatch(r"(`(tests|scenarios)/\S+\.py::test_\w+` ?)+|not yet: `\S+`", held_by), promise


def test_all_ten_promises_are_there() -> None:
    assert [int(match[1]) for promise in PROMISES if (match := re.match(r"(\d+)\. ", promise))] == list(range(1, 11))


@pytest.mark.parametrize("name", NAMED)
def test_a_test_that_holds_a_promise_exists(name: str) -> None:
    path, _, function = name.partition("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert function in defined


def test_what_is_not_there_yet_is_not_forgotten_once_it_is() -> None:
    there = [missing for missing in MISSING if (ROOT / missing).exists()]
    assert not there, "name the tests that hold it in docs/seed-parity.md"


def test_every_setting_that_the_seed_names_is_one() -> None:
    kinds = (CoordinatorSettings, WorkerSettings, ClientSettings)
    settings = {name.upper() for kind in kinds for name in kind.model_fields}
    promised = set(re.findall(r"`([A-Z]+_[A-Z_]+|WORKERS)\b[^`]*`", "\n".join(SEED)))

    assert promised >= {"WORKER_TIMEOUT", "BATCH_SIZE", "BATCH_TIMEOUT", "WORKERS", "REQUEST_LOG_SIZE"}
    assert promised >= {"CRASH_RATE", "MAX_DELAY", "WORKER_ID"}
    assert promised <= settings
