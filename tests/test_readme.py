"""The README is true: its table is the settings' own, its scenario holds, its commands are known to be run."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from subprocess import run
from typing import Final

import pytest
from pydantic_settings import BaseSettings

from dashboard.settings import NAMES
from system.client.settings import ClientSettings
from system.coordinator.settings import CoordinatorSettings
from system.worker.settings import WorkerSettings

ROOT: Final = Path(__file__).parent.parent
README: Final = (ROOT / "README.md").read_text()

# Where each command of the README is run; a new one needs its place here, and a run there.
RUN_BY: Final = {
    "python3 -m venv .venv && .venv/bin/pip install --quiet tox": "every environment of .ci/provision",
    ".venv/bin/tox -e chaos": ".ci/run",
    ".venv/bin/tox": ".ci/run",
    ".venv/bin/pip install .": "tox, which installs the wheel",
    ".venv/bin/brownout doctor": "tests/brownout/test_doctor.py",
    ".venv/bin/brownout up": "tests/brownout/test_up.py",
    ".venv/bin/brownout load --rate 100 --seconds 20": "tests/client/test_load.py",
    "docker compose up --build --wait": "tests/compose/test_compose.py",
    ".venv/bin/pytest -m chaos test_my_promise.py": "tests/test_readme.py",
    ".venv/bin/brownout view": "tests/brownout/test_view.py",
    ".venv/bin/brownout judge reports/runs/latest": "tests/brownout/test_judge.py",
    ".venv/bin/brownout judge reports/runs/latest --invariant 'latency_below(5000, at=0.5)' --invariant reconciled": (
        "tests/brownout/test_judge.py"
    ),
}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def test_every_command_is_one_that_is_run() -> None:
    commands = [line for block in blocks("sh") for line in block.splitlines()]
    assert commands == list(RUN_BY)


@pytest.mark.parametrize("place", sorted({place for place in RUN_BY.values() if place.startswith("tests/")}))
def test_the_places_that_run_commands_exist(place: str) -> None:
    assert (ROOT / place).exists()


def default_of(kind: type[BaseSettings], name: str) -> str:
    field = kind.model_fields[name]
    if field.default_factory is not None:
        return "the host's name"
    if field.default is None:
        return ""
    return f"`{field.default:g}`" if isinstance(field.default, float) else f"`{field.default}`"


@pytest.mark.parametrize("kind", [CoordinatorSettings, WorkerSettings, ClientSettings])
def test_the_table_of_settings_says_what_the_settings_say(kind: type[BaseSettings]) -> None:
    rows = README.splitlines()
    for name, field in kind.model_fields.items():
        assert f"| `{name.upper()}` | {default_of(kind, name)} | {field.description} |" in rows


# The others are not for people: `brownout up --chaos` sets them.
OF_DASHBOARD: Final = {name: words for name, words in NAMES.items() if not name.startswith("CONTROL_")}


def test_the_table_of_the_dashboard_says_what_its_help_says() -> None:
    assert all(f"| `{name}` |  | {words} |" in README.splitlines() for name, words in OF_DASHBOARD.items())


def test_no_setting_is_in_the_table_that_does_not_exist() -> None:
    named = set(re.findall(r"^\| `([A-Z_]+)` \|", README, re.MULTILINE))
    kinds: tuple[type[BaseSettings], ...] = (CoordinatorSettings, WorkerSettings, ClientSettings)
    assert named == {name.upper() for kind in kinds for name in kind.model_fields} | set(OF_DASHBOARD)


# What `pip install .` does not install: a reader of the README has none of these.
OURS_ALONE: Final = ("timeout", "looptime_plugin", "looptime_fixtures", "xdist", "xdist.looponfail")


def test_the_scenario_of_the_readme_holds_in_a_clone(tmp_path: Path) -> None:
    (scenario,) = blocks("python")
    (tmp_path / "test_my_promise.py").write_text(scenario)
    for configuration in ("pyproject.toml", "conftest.py"):
        (tmp_path / configuration).write_text((ROOT / configuration).read_text())
    done = run(
        [
            *(sys.executable, "-m", "pytest", "-m", "chaos", "test_my_promise.py"),
            *(argument for plugin in OURS_ALONE for argument in ("-p", f"no:{plugin}")),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "HELD" in done.stdout
    assert (tmp_path / "reports/runs/latest/verdicts.json").exists()
