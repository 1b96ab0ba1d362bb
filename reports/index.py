"""The runs under a directory, told from their small files alone: hundreds are listed without reading one history.

A run that broke off, or whose files are damaged, is listed as what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from reports.directory import RunDirectory, RunDirectoryProblem, damage_told
from reports.verdict import Verdict

MILLISECONDS: Final = len("20260117093104123")


class RunState(StrEnum):
    """What is there of a run. BROKEN cannot be opened; UNFINISHED has not been judged, and may still be going on."""

    JUDGED = "judged"
    UNFINISHED = "unfinished"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class RunEntry:
    """One run. `verdict` is None unless it is judged; `problem` tells why it is broken.

    `why` is the first promise that decided its verdict, and what was found of it; nothing where all held.
    """

    path: Path
    state: RunState
    scenario: str
    substrate: str
    started: str
    commit: str
    seed: str
    verdict: Verdict | None
    figures: Mapping[str, Any]
    recovery_s: float | None
    problem: str = ""
    why: str = ""

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def word(self) -> str:
        """Its verdict, or what it has instead of one."""
        return self.state.value if self.verdict is None else self.verdict.value

    def figure(self, name: str) -> float | None:
        value = self.figures.get(name)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs to list; what is empty leaves out none."""

    scenarios: tuple[str, ...] = ()
    substrates: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    commit: str = ""


def run_index(runs: Path) -> tuple[RunEntry, ...]:
    """Every run under `runs`, the newest first; none where there is no such directory."""
    return tuple(sorted(map(run_entry, run_paths(runs)), key=_began, reverse=True))


def run_paths(runs: Path) -> tuple[Path, ...]:
    """Where they are, the last name first, which is the newest of those that nobody gave another name.

    Symlinks are passed over: `latest` is a run that has a name.
    """
    if not runs.is_dir():
        return ()
    directories = (each for each in runs.iterdir() if each.is_dir() and not each.is_symlink())
    return tuple(sorted((each for each in directories if not each.name.startswith(".")), key=_name, reverse=True))


def run_entry(path: Path) -> RunEntry:
    """One run, from run.json and verdicts.json."""
    directory = RunDirectory(path)
    try:
        with damage_told(path):
            return _entry(path, directory.read_facts(), directory.read_verdicts())
    except RunDirectoryProblem as problem:
        return RunEntry(path, RunState.BROKEN, path.name, "", "", "", "", None, {}, None, str(problem))


def chosen(entries: Iterable[RunEntry], wanted: RunFilter) -> tuple[RunEntry, ...]:
    """Those that every part of `wanted` lets through."""
    return tuple(
        each
        for each in entries
        if (not wanted.scenarios or each.scenario in wanted.scenarios)
        and (not wanted.substrates or each.substrate in wanted.substrates)
        and (not wanted.words or each.word in wanted.words)
        and each.commit.startswith(wanted.commit)
    )


def _entry(path: Path, facts: Mapping[str, Any], verdicts: Mapping[str, Any] | None) -> RunEntry:
    git = facts.get("git")
    return RunEntry(
        path=path,
        state=RunState.UNFINISHED if verdicts is None else RunState.JUDGED,
        scenario=str(facts.get("scenario") or path.name),
        substrate=str(facts.get("substrate") or ""),
        started=str(facts.get("started") or ""),
        commit=str(git.get("commit") or "") if isinstance(git, Mapping) else "",
        seed=str(facts.get("seed", "")),
        verdict=None if verdicts is None else Verdict(verdicts["verdict"]),
        figures={} if verdicts is None else dict(verdicts["figures"]),
        recovery_s=None if verdicts is None else _recovery_s(verdicts),
        why="" if verdicts is None else _why(verdicts),
    )


def _why(verdicts: Mapping[str, Any]) -> str:
    if verdicts["verdict"] == Verdict.HELD:
        return ""
    decided = (each for each in verdicts.get("invariants", ()) if each.get("verdict") == verdicts["verdict"])
    return next((f"{each.get('name', '')}: {each.get('message', '')}" for each in decided), "")


def _recovery_s(verdicts: Mapping[str, Any]) -> float | None:
    """What `recovers_within` measured, in seconds."""
    for judged in verdicts.get("invariants", ()):
        if judged.get("name") == "recovers_within":
            seconds = judged.get("figures", {}).get("slowest_recovery_s")
            return None if seconds is None else float(seconds)
    return None


def _began(entry: RunEntry) -> str:
    """The digits of when it started, to the millisecond; its name has the same, and is all there is of a broken one."""
    return "".join(filter(str.isdigit, entry.started or entry.name.partition("-")[0]))[:MILLISECONDS]


def _name(path: Path) -> str:
    return path.name
