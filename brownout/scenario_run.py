"""A scenario run by pytest on behalf of a command, and the verdict of everything that it ran."""

from __future__ import annotations

import difflib
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Self
from xml.etree import ElementTree as ET

from brownout.exit_code import ExitCode
from chaos.problems import HarnessProblem
from reports.directory import RunDirectory, RunDirectoryProblem
from reports.verdict import Verdict

NEAR: Final = 0.5  # of 1 for the same name


class NoScenario(HarnessProblem):
    """There is none of that name."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What pytest reported: the run directories in the order of the runs, and what the tests came to."""

    directories: tuple[Path, ...]
    verdicts: tuple[Verdict, ...]
    tests: int
    failed: int
    skipped: int

    @classmethod
    def of(cls, report: Path) -> Self:
        """From a report in JUnit's XML, which is not there when pytest made no sense of its arguments."""
        if not report.exists():
            return cls((), (), tests=0, failed=0, skipped=0)
        suites = ET.parse(report).getroot().iter("testsuite")  # noqa: S314 - pytest's own
        told, properties = next(suites), list[tuple[str, str]]()
        for each in told.iter("property"):
            properties.append((each.get("name", ""), each.get("value", "")))
        return cls(
            tuple(Path(value) for name, value in properties if name == "run_directory"),
            tuple(Verdict(value) for name, value in properties if name == "verdict"),
            tests=int(told.get("tests", 0)),
            failed=int(told.get("failures", 0)) + int(told.get("errors", 0)),
            skipped=int(told.get("skipped", 0)),
        )

    @property
    def verdict(self) -> Verdict | None:
        """None where nothing was run. A test that failed though its runs held asked for more than they showed."""
        if not self.verdicts:
            return None
        verdict = Verdict.merge(self.verdicts)
        return Verdict.VIOLATED if verdict is Verdict.HELD and self.failed else verdict

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.COULD_NOT_RUN if self.verdict is None else ExitCode(self.verdict.exit_code)

    def to_json(self) -> dict[str, Any]:
        return {
            "verdict": None if self.verdict is None else self.verdict.value,
            "tests": {"all": self.tests, "failed": self.failed, "skipped": self.skipped},
            "runs": [_told(path) for path in self.directories],
        }


def place_of(scenario: str) -> str:
    """What pytest is to be called with, for a file, a test of one, or the name of a scenario that is shipped.

    Raises NoScenario with the names that are near.
    """
    file, *rest = scenario.split("::")
    if Path(file).exists():
        return scenario
    found = find_spec("scenarios")
    folders = [] if found is None else [Path(each) for each in found.submodule_search_locations or ()]
    shipped = {path.stem.removeprefix("test_"): path for folder in folders for path in folder.glob("test_*.py")}
    if file not in shipped:
        near = difflib.get_close_matches(file, shipped, cutoff=NEAR) or sorted(shipped)
        raise NoScenario(f"{scenario!r} is no file and no scenario; there are {', '.join(near)}")
    return "::".join((str(shipped[file]), *rest))


def run_scenario(place: str, substrate: str, *, seed: int | None, runs: Path, quiet: bool = False) -> Outcome:
    """In a pytest of its own; its output goes to stderr where `quiet`. Raises KeyboardInterrupt once that has ended."""
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = (
            *(sys.executable, "-m", "pytest", "-m", "chaos", "--substrate", substrate),
            *("--runs-dir", str(runs.absolute()), "--junit-xml", str(report)),
            *(() if seed is None else ("--chaos-seed", str(seed))),
            place,
        )
        _to_its_end(subprocess.Popen(command, stdout=sys.stderr if quiet else None))
        return Outcome.of(report)


def _to_its_end(process: subprocess.Popen[bytes]) -> None:
    """Ctrl-C at a terminal reaches it as well; it takes its clusters down and then ends."""
    interrupted = False
    while process.returncode is None:
        try:
            process.wait()
        except KeyboardInterrupt:
            interrupted = True
    if interrupted:
        raise KeyboardInterrupt


def _told(path: Path) -> dict[str, Any]:
    directory = RunDirectory(path)
    try:
        facts, verdicts = directory.read_facts(), directory.read_verdicts() or {}
    except RunDirectoryProblem as problem:
        return {"directory": str(path), "problem": str(problem)}
    return {"directory": str(path), "scenario": facts.get("scenario"), "verdict": verdicts.get("verdict")}
