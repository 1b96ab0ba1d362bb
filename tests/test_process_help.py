"""What each process of the system says when it is asked for help, or told something on its command line."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic_settings import BaseSettings

from system.client.settings import ClientSettings
from system.coordinator.settings import CoordinatorSettings
from system.worker.settings import WorkerSettings

PROCESSES: dict[str, type[BaseSettings]] = {
    "system.client": ClientSettings,
    "system.coordinator": CoordinatorSettings,
    "system.worker": WorkerSettings,
}


def ended(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run((sys.executable, "-m", *arguments), capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(("program", "settings"), PROCESSES.items())
def test_help_names_every_setting_with_what_is_allowed(program: str, settings: type[BaseSettings]) -> None:
    told = ended(program, "--help")
    assert told.returncode == 0
    assert f"python -m {program}" in told.stdout
    for name, field in settings.model_fields.items():
        assert f"\n  {name.upper()}" in told.stdout
        assert str(field.description) in told.stdout


@pytest.mark.parametrize("program", PROCESSES)
def test_other_arguments_are_refused_and_not_ignored(program: str) -> None:
    told = ended(program, "--port", "8001")
    assert told.returncode == 2
    assert "'--port': settings are environment variables; --help lists them" in told.stderr
