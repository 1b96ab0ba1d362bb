"""docs/security.md is true: the settings it names exist, and its one command makes a key."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from subprocess import run
from typing import Final

from dashboard.settings import NAMES
from system.coordinator.api_keys import ApiKeys
from system.coordinator.discretion import CHARACTERS, DIGITS
from system.coordinator.settings import CoordinatorSettings
from system.reloading import EVERY_S
from system.worker.settings import WorkerSettings

DOCUMENT: Final = (Path(__file__).parent.parent / "docs" / "security.md").read_text(encoding="utf-8")


def test_every_setting_it_names_exists() -> None:
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)(?:=\w+)?`", DOCUMENT))
    known = {name.upper() for kind in (CoordinatorSettings, WorkerSettings) for name in kind.model_fields}
    assert named
    assert not named - known - set(NAMES)


def test_its_command_makes_a_key() -> None:
    (command,) = re.findall(r"^```sh\n(.*)\n```", DOCUMENT, re.MULTILINE)
    interpreter, *arguments = shlex.split(command)
    assert interpreter == "python3"
    made = run([sys.executable, *arguments], capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(ApiKeys.read(made)) == 1


def test_its_figures_are_those_of_the_code() -> None:
    assert f"first {CHARACTERS} characters" in DOCUMENT
    assert DIGITS == 16
    assert "sixteen hexadecimal digits" in DOCUMENT
    assert EVERY_S == 1
    assert "read every second" in DOCUMENT
