"""What became of a session's runs, as Markdown for the page that GitHub Actions shows of a job."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from chaos.exploring.explored import Explored
from chaos.invariants.wording import count
from chaos.judgement import MARKS, OF_THE_RUN, WORST_FIRST
from reports.directory import RunDirectory, RunDirectoryProblem
from reports.markdown import plain, shell, table
from reports.verdict import Verdict

VARIABLE: Final = "GITHUB_STEP_SUMMARY"  # environment: the file to append to
HEAD: Final = ("", "scenario", "requests", "lost", "refused", "retries", "p50", "p99", "faults")


def append_to(path: Path, text: str) -> str | None:
    """What to say where that is not possible: a session does not fail for its summary."""
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as problem:
        return f"{VARIABLE}={path}: {problem.strerror}"
    return None


def step_summary(
    runs: Sequence[Path], skipped: Mapping[str, int], explored: Explored | None = None, *, substrate: str, seed: int
) -> str:
    """A table of all runs, below it what was found about those that did not hold, and what was explored besides."""
    read = [_read(path) for path in runs]
    counted = _counted(Counter(verdict.value for verdict, *_ in read))
    otherwise = "nothing was run" if explored is None else _explored_in(explored)
    lines = [f"## Chaos: {counted or otherwise}", "", f"Substrate `{substrate}`, seed `{seed}`.", ""]
    if read:
        lines += [table(HEAD, [_cells(*each) for each in read]), ""]
    for verdict, facts, verdicts in read:
        if verdict is not Verdict.HELD:
            lines += _found(verdict, facts, verdicts)
    if explored is not None:
        paths = [[str(times or "never"), plain(name)] for name, times in explored.met.items()]
        lines += [f"### {_explored_in(explored)}", "", table(("times", "path"), paths), ""]
    lines += [f"- {count(number, 'scenario')} did not run: {plain(reason)}" for reason, number in skipped.items()]
    return "\n".join(lines) + "\n\n"


def _explored_in(explored: Explored) -> str:
    """How many runs in tests of which verdicts."""
    told, tests = _counted(explored.verdicts), count(explored.verdicts.total(), "test")
    return f"explored {count(explored.cases, 'run')}" + (f", of {tests} {told}" if told else "")


def _counted(verdicts: Mapping[str, int]) -> str:
    """The best first; nothing of none."""
    return " · ".join(
        f"{verdicts[each.value]} {each.value}" for each in reversed(WORST_FIRST) if each.value in verdicts
    )


def _read(path: Path) -> tuple[Verdict, Mapping[str, Any], Mapping[str, Any]]:
    """A run that cannot be read is inconclusive, and says why."""
    directory = RunDirectory(path)
    try:
        facts, verdicts = directory.read_facts(), directory.read_verdicts()
    except RunDirectoryProblem as problem:
        unreadable = {"name": OF_THE_RUN, "verdict": Verdict.INCONCLUSIVE.value, "message": str(problem)}
        return Verdict.INCONCLUSIVE, {"scenario": path.name}, {"invariants": [unreadable]}
    if verdicts is None:
        return Verdict.INCONCLUSIVE, facts, {}
    return Verdict(verdicts["verdict"]), facts, verdicts


def _cells(verdict: Verdict, facts: Mapping[str, Any], verdicts: Mapping[str, Any]) -> list[str]:
    figures = verdicts.get("figures")
    faults = ", ".join(dict.fromkeys(f"{each['kind']} {each['target']}" for each in verdicts.get("faults", ())))
    if figures is None:
        return [f"{MARKS[verdict]} {verdict.value}", facts["scenario"], *["-"] * 6, faults]
    refused = figures.get("refused", 0)  # which runs of earlier versions did not tell apart
    lost = figures["failed"] + figures["unknown"] - refused
    times = [_ms(figures["p50_ms"]), _ms(figures["p99_ms"])]
    counts = [str(figures["requests"]), str(lost), str(refused), str(figures["retries"])]
    return [f"{MARKS[verdict]} {verdict.value}", facts["scenario"], *counts, *times, faults]


def _found(verdict: Verdict, facts: Mapping[str, Any], verdicts: Mapping[str, Any]) -> Iterator[str]:
    yield f"### {MARKS[verdict]} {plain(facts['scenario'])}"
    yield ""
    for finding in verdicts.get("invariants", ()):
        if finding["verdict"] != Verdict.HELD.value:
            yield f"- **{finding['name']}** {finding['verdict']}: {plain(finding['message'])}"
    if "replay" in facts:
        yield ""
        yield shell(facts["replay"])
    yield ""


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} ms"
