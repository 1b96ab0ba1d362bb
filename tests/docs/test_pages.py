"""The programs in the pages run, and every command there is run by somebody."""

from __future__ import annotations

from typing import Final

from tests.docs.pages import ROOT, Program, commands, programs

# Where each command of the pages is run; a new one needs its place here, and a run there.
RUN_BY: Final = {
    "python3 -m venv .venv": "every environment of .ci/provision",
    ".venv/bin/pip install .": "tox, which installs the wheel",
    ".venv/bin/brownout doctor": "tests/brownout/test_doctor.py",
    ".venv/bin/pytest -m chaos test_first.py": "tests/test_readme.py",  # the same scenario
    "cd docs/examples/shout": "tox -e docs",
    "pytest -m chaos": "tox -e docs",
}
ELSEWHERE: Final = frozenset({"security.md"})  # tests/test_security_docs.py and tests/coordinator/secured.py run those
PART: Final = "replaces in "  # what test_shout.py puts into a whole


def test_every_command_is_one_that_is_run() -> None:
    typed = {line for page, lines in commands().items() if page not in ELSEWHERE for line in lines}
    assert typed == set(RUN_BY)


def test_every_program_has_a_name() -> None:
    assert not [program for program in programs() if program.name is None]


def wholes() -> list[Program]:
    return [program for program in programs() if program.name is not None and not program.name.startswith(PART)]


def test_the_first_scenario_is_that_of_the_readme() -> None:
    (first,) = (program.text for program in wholes() if program.name == "test_first.py")
    assert first in (ROOT / "README.md").read_text(encoding="utf-8")
