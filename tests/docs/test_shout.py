"""The system that is not ours has forty lines, and the bug that its page tells of is still found."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from subprocess import run
from typing import Final

from tests.docs.pages import DOCS, programs

SHOUT: Final = DOCS / "examples" / "shout"
PART: Final = "replaces in service.py"


def test_the_example_is_small() -> None:
    code = [line for line in (SHOUT / "service.py").read_text(encoding="utf-8").splitlines() if line.strip()]
    assert len(code) <= 40


def test_the_bug_that_the_page_tells_of_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "shout"
    shutil.copytree(SHOUT, folder, ignore=shutil.ignore_patterns("reports", "__pycache__", ".pytest_cache"))
    (was,) = (program.text for program in programs() if program.name == PART)
    service = folder / "service.py"
    text, replaced = re.subn(
        r"^    turn = next\(turns\)\n    for .*\n        url = .*\n",
        was,
        service.read_text(encoding="utf-8"),
        flags=re.MULTILINE,
    )
    assert replaced == 1
    service.write_text(text.replace("itertools.count()", "itertools.cycle(shouters)"), encoding="utf-8")
    done = run(
        [sys.executable, "-m", "pytest", "-m", "chaos", "-k", "dead_shouter"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "✘ VIOLATED a_dead_shouter_is_stood_in_for" in done.stdout
    assert "no shouter answers" in done.stdout
