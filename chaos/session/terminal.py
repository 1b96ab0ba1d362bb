"""What a person at the terminal sees: one line about the run that goes on, and at the end what became of each."""

import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, Final

import pytest
from rich.console import Console
from rich.text import Text

from chaos.invariants.wording import count
from chaos.judgement import MARKS, WORST_FIRST
from chaos.progress import Moment, Progress, Say, Unwatched, Watcher
from chaos.substrate import REQUIRED
from reports.directory import RunDirectory, RunDirectoryProblem
from reports.verdict import Verdict

STYLES: Final = {Verdict.HELD: "green", Verdict.VIOLATED: "bold red", Verdict.INCONCLUSIVE: "yellow"}
PLAIN_EVERY_S: Final = 5.0  # a line in a log that nobody may read; often enough to see that the run is alive


def watcher(config: pytest.Config) -> Watcher:
    """For the terminal of this session; nobody watches a worker of xdist, whose output is not a person's."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput") or reporter.verbosity < 0:
        return Unwatched()
    return TerminalWatcher(reporter, config)


def aside(config: pytest.Config) -> Console:
    """For what takes minutes before a run begins: to whoever would see the run."""
    watching = watcher(config)
    if not isinstance(watching, TerminalWatcher):
        return Console(stderr=True)
    return Console(file=Aside(watching), force_terminal=False)


@dataclass(frozen=True, slots=True)
class TerminalWatcher:
    """Shows runs between the lines of pytest's own report."""

    reporter: pytest.TerminalReporter
    config: pytest.Config

    @contextmanager
    def watching(self, scenario: str) -> Iterator[Progress]:
        if not self.reporter.isatty:
            yield PlainProgress(self, scenario)
            return
        line = LiveProgress(self, scenario)
        try:
            yield line
        finally:
            line.clear()

    @contextmanager
    def telling(self, scenario: str) -> Iterator[Say]:
        if not self.reporter.isatty:
            yield PlainLines(self, scenario).say
            return
        line = LiveProgress(self, scenario)
        try:
            yield line.say
        finally:
            line.clear()

    @contextmanager
    def uncaptured(self) -> Iterator[None]:
        """The real standard output, for as long as it takes to write a line."""
        capture = self.config.pluginmanager.get_plugin("capturemanager")
        if capture is None:
            yield
        else:
            with capture.global_and_fixture_disabled():
                yield

    def write(self, line: str) -> None:
        """A line of its own, wherever the cursor is."""
        with self.uncaptured():
            self.reporter.ensure_newline()
            self.reporter.write_line(line)


class Aside(StringIO):
    """A file, each line of which comes between those of pytest's own report. For pytest's own thread."""

    def __init__(self, watcher: TerminalWatcher) -> None:
        super().__init__()
        self._watcher = watcher

    def write(self, text: str) -> int:
        for line in text.splitlines():
            self._watcher.write(f"  {line}")
        return len(text)


class LiveProgress:
    """One line below the one pytest is writing, redrawn in place."""

    def __init__(self, watcher: TerminalWatcher, scenario: str) -> None:
        self._watcher = watcher
        self._scenario = scenario

    def moment(self, moment: Moment) -> None:
        self.say(told(moment))

    def say(self, line: str) -> None:
        # The name last: it is what a narrow terminal can do without.
        self._draw(f"  {line}  ({self._scenario})")

    def clear(self) -> None:
        self._draw("")

    def _draw(self, line: str) -> None:
        console = self._watcher.config.get_terminal_writer()  # pytest's; it knows where the cursor is
        column = console.width_of_current_line
        back = f"\x1b[1A\r\x1b[{column}C" if column else "\x1b[1A\r"
        with self._watcher.uncaptured():
            sys.stdout.write(f"\n\x1b[2K{line[: console.fullwidth - 1]}{back}")
            sys.stdout.flush()


class PlainProgress:
    """A line of its own every few seconds, for logs."""

    def __init__(self, watcher: TerminalWatcher, scenario: str) -> None:
        self._watcher = watcher
        self._scenario = scenario
        self._next_s = PLAIN_EVERY_S

    def moment(self, moment: Moment) -> None:
        if moment.now_s < self._next_s:
            return
        self._next_s += PLAIN_EVERY_S
        self._watcher.write(f"  {self._scenario}  {told(moment)}")


class PlainLines:
    """The same of many runs, whose own time is not the terminal's."""

    def __init__(self, watcher: TerminalWatcher, scenario: str) -> None:
        self._watcher = watcher
        self._scenario = scenario
        self._next = time.monotonic() + PLAIN_EVERY_S

    def say(self, line: str) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + PLAIN_EVERY_S
        self._watcher.write(f"  {self._scenario}  {line}")


def told(moment: Moment) -> str:
    """A moment in one line."""
    broken = f", in force: {', '.join(moment.faults)}" if moment.faults else ""
    return (
        f"{moment.now_s:.0f} of {moment.lasts_s:.0f} s, offered {moment.offered_rps:.0f}/s, "
        f"answered {moment.answered_rps:.0f}/s, {moment.offered - moment.answered} waiting{broken}"
    )


def summarise(
    runs: Sequence[Path], skipped: Mapping[str, int], reporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """What became of each run, how many held, how to repeat those that did not, and why some did not run at all.

    `skipped` counts scenarios by what their substrate lacks.
    """
    reporter.section("chaos", sep="=", bold=True)
    written = StringIO()
    width = config.get_terminal_writer().fullwidth
    console = Console(file=written, force_terminal=reporter.hasmarkup, width=width, highlight=False)
    verdicts: Counter[Verdict] = Counter()
    replays: list[str] = []
    for path in runs:
        directory = RunDirectory(path)
        try:
            facts, verdict = directory.read_facts(), directory.read_verdicts()
        except RunDirectoryProblem as problem:
            console.print(Text(f"? {problem}", STYLES[Verdict.INCONCLUSIVE]))
            verdicts[Verdict.INCONCLUSIVE] += 1
            continue
        if verdict is None:
            verdict = {"verdict": Verdict.INCONCLUSIVE.value}
        value = Verdict(verdict["verdict"])
        verdicts[value] += 1
        if value is not Verdict.HELD:
            replays.append(facts["replay"])
        for line in _block(facts, verdict, _shown(path, config.rootpath)):
            console.print(line, soft_wrap=True)  # paths and commands are for copying
    if runs:
        console.print(_counts(verdicts))
    for replay in dict.fromkeys(replays):
        console.print(Text(f"again: {replay}", "bold"), soft_wrap=True)
    for line in _unrun(skipped, config.getoption("--substrate")):
        console.print(line, soft_wrap=True)
    reporter.write(written.getvalue())


def _block(facts: Mapping[str, Any], verdicts: Mapping[str, Any], path: str) -> Iterator[Text]:
    """One run: its verdict and name, its figures, its faults, what did not hold, where it is."""
    value = Verdict(verdicts["verdict"])
    yield Text.assemble((f"{MARKS[value]} {value.value} ", STYLES[value]), (facts["scenario"], "bold"))
    for line in (*_details(verdicts), Text(path, "dim")):
        yield Text("    ") + line


def _details(verdicts: Mapping[str, Any]) -> Iterator[Text]:
    if figures := verdicts.get("figures"):
        refused = figures.get("refused", 0)  # which runs of earlier versions did not tell apart
        lost, retries = figures["requests"] - figures["ok"] - refused, figures["retries"]
        yield Text.assemble(
            f"{count(figures['requests'], 'request')}, ",
            (f"{lost} lost", "red" if lost else ""),
            f", {refused} refused" if refused else "",
            f", {retries} {'retry' if retries == 1 else 'retries'}",
            f" · p50 {_ms(figures['p50_ms'])}, p99 {_ms(figures['p99_ms'])}"
            f" · {figures['goodput_rps'] or 0:.0f} answers/s",
        )
    if faults := verdicts.get("faults"):
        yield Text(", ".join(_faults(faults)), "cyan")
    for finding in verdicts.get("invariants", ()):
        if (verdict := Verdict(finding["verdict"])) is not Verdict.HELD:
            yield Text(f"{MARKS[verdict]} {finding['name']}: {finding['message']}", STYLES[verdict])


def _faults(faults: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Those of one kind on one target in one phrase, from the first injection to the last healing."""
    alike: dict[str, list[Mapping[str, Any]]] = {}
    for fault in faults:
        alike.setdefault(f"{fault['kind']} {fault['target']}", []).append(fault)
    for name, same in alike.items():
        times = f" {len(same)} times," if len(same) > 1 else ""
        healed = [fault["healed_s"] for fault in same]
        end = "the end" if None in healed else f"{max(healed):.1f} s"
        yield f"{name}{times} {same[0]['injected_s']:.1f} to {end}"


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} ms"


def _counts(verdicts: Mapping[Verdict, int]) -> Text:
    counted = [
        Text(f"{verdicts[each]} {each.value}", STYLES[each]) for each in reversed(WORST_FIRST) if each in verdicts
    ]
    return Text(" · ").join(counted)


def _unrun(skipped: Mapping[str, int], substrate: str) -> Iterator[Text]:
    """A skip is no failure to pytest, and must not look like a pass to whoever reads only this."""
    for reason, number in skipped.items():
        yield Text.assemble((f"{count(number, 'scenario')} did not run: ", STYLES[Verdict.INCONCLUSIVE]), reason)
    if skipped:
        yield Text(f"with {REQUIRED}={substrate} in the environment this is a failure", "bold")


def _shown(path: Path, root: Path) -> str:
    """Short where it can be, as pytest shows test files."""
    return str(path.relative_to(root) if path.is_relative_to(root) else path)
