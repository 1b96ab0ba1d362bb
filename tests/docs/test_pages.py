"""The programs in the pages run, and every command there is run by somebody."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from subprocess import CompletedProcess, run
from typing import Final

import pytest

from tests.docs.pages import DOCS, ROOT, Program, commands, programs

# Where each command of the pages is run; a new one needs its place here, and a run there.
RUN_BY: Final = {
    "python3 -m venv .venv": "every environment of .ci/provision",
    ".venv/bin/pip install .": "tox, which installs the wheel",
    ".venv/bin/brownout doctor": "tests/brownout/test_doctor.py",
    ".venv/bin/pytest -m chaos --substrate simulated test_first.py": "tests/docs/test_pages.py",
    ".venv/bin/pytest -m chaos test_first.py": "tests/test_readme.py",  # the same scenario
    ".venv/bin/pytest -m chaos --substrate simulated -n 2 --chaos-budget 3600 --chaos-cover --chaos-save"
    " scenarios/test_explore.py": "tests/chaos/exploring/test_explorer.py, for seconds",
    ".venv/bin/brownout replay scenarios/regressions/answered_once-e7de62ce.json --substrate local": (
        "scenarios/test_regressions.py, by pytest; tests/brownout/test_run.py"
    ),
    "cd docs/examples/shout": "tox -e docs",
    **dict.fromkeys(
        (
            "docker build --target coordinator --tag brownout/coordinator .",
            "docker build --target worker --tag brownout/worker .",
            "docker stack deploy --compose-file deploy/swarm/stack.yml brownout",
        ),
        "tests/swarm, by other names",
    ),
    "../../../.venv/bin/pytest -m chaos": "tox -e docs",
}
ELSEWHERE: Final = frozenset({"security.md"})  # tests/test_security_docs.py and tests/coordinator/secured.py run those
PART: Final = "replaces in "  # what test_shout.py puts into a whole


def test_every_command_is_one_that_is_run() -> None:
    typed = {line for page, lines in commands().items() if page not in ELSEWHERE for line in lines}
    assert typed == set(RUN_BY)


def test_every_program_has_a_name() -> None:
    assert not [program for program in programs() if program.name is None]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every whole program of the pages as a file of one folder, as a reader would have them."""
    folder = tmp_path_factory.mktemp("pages")
    for program in wholes():
        assert program.name is not None
        (folder / program.name).write_text(program.text, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\npythonpath = .\nasyncio_default_fixture_loop_scope = function\n")
    return folder


def wholes() -> list[Program]:
    return [program for program in programs() if program.name is not None and not program.name.startswith(PART)]


def scenarios(written: Path, *names: str) -> CompletedProcess[str]:
    return run(
        [sys.executable, "-m", "pytest", "-m", "chaos", "--substrate", "simulated", *names],
        cwd=written,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_the_scenarios_of_the_pages_hold_but_for_the_one_that_promises_too_much(written: Path) -> None:
    assert {program.name for program in wholes()} >= {"test_first.py", "test_too_much.py", "test_fast_at_first.py"}
    done = scenarios(written, *sorted(path.name for path in written.glob("test_*.py")))
    assert re.search(r"^1 failed, 2 passed", done.stdout.splitlines()[-1].strip("= ")), done.stdout + done.stderr
    assert re.search(r"✔ HELD a_dead_worker_costs_retries_never_answers", done.stdout)
    assert re.search(r"✔ HELD the_first_answers_come_soon", done.stdout)
    assert re.search(r"✘ VIOLATED nobody_ever_waits", done.stdout)
    assert re.search(r"✘ latency_below", done.stdout)
    assert (written / "reports/runs/latest/verdicts.json").exists()
    for line in shown("tutorial.md"):
        assert re.search(line, done.stdout), line


def test_the_first_scenario_is_that_of_the_readme() -> None:
    (first,) = (program.text for program in wholes() if program.name == "test_first.py")
    assert first in (ROOT / "README.md").read_text(encoding="utf-8")


def shown(page: str) -> list[str]:
    """Patterns of the lines of output that a page shows; figures are those of some other run."""
    blocks = re.findall(r"```text\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    lines = [re.escape(line.strip()) for block in blocks for line in block.splitlines()]
    return [re.sub(r"\d[\d.\\]*", r"[\\d.]+", line).replace("retry", "retr(y|ies)") for line in lines]
