"""One run on disk.

    <utc>-<scenario>/
      run.json         what was run, on what, from which seed
      schedule.json    the faults that were planned
      history.jsonl    every op, written while the run goes on; the last one says that it is whole
      history.parquet  the same as a table, once it is whole
      requests.parquet its requests as a table
      status.parquet   what the system said of itself, as a table
      logs/            what the nodes wrote
      verdicts.json    what the run was judged to be
      report.html      the same for people

Written in this order, and each file whole or not at all (history.jsonl and logs: whole up to their last line), so
whatever stops a run leaves everything before that moment readable.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson

from reports.history import History
from reports.lines import read_jsonl
from reports.record import Record
from reports.request_columns import write_requests
from reports.tables import read_history, read_history_lazily, write_history, write_statuses

LATEST: Final = "latest"
LONGEST_NAME: Final = 80  # characters of a scenario in a directory's name; file systems end at 255


class RunDirectoryProblem(Exception):
    """A run directory cannot be written or read; the message says which and why."""


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """The files of one run, by name."""

    path: Path

    @classmethod
    def create(
        cls,
        runs: Path,
        scenario: str,
        started: datetime,
        facts: Mapping[str, Any] | None = None,
        *,
        latest: bool = True,
    ) -> RunDirectory:
        """A new one, sorted by name after every earlier one. Two sessions at once never get the same.

        With `facts` it appears with its run.json in it: nothing ever sees, and no crash leaves, a directory of no run.
        `latest` points at it from now on, unless it is to go on pointing at an earlier one.
        """
        stem = f"{started.astimezone(UTC):%Y%m%dT%H%M%S}.{started.microsecond // 1000:03d}Z-{_slug(scenario)}"
        with _explained(runs):
            runs.mkdir(parents=True, exist_ok=True)
            unfinished = runs / f".{stem}.{os.getpid()}"
            (unfinished / "logs").mkdir(parents=True)
            if facts is not None:
                cls(unfinished).write_run(facts)
            path = _first_free(runs, stem, unfinished)
            if latest:
                _point(runs / LATEST, path)
        return cls(path)

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def history(self) -> Path:
        return self.path / "history.jsonl"

    @property
    def history_table(self) -> Path:
        return self.path / "history.parquet"

    @property
    def request_table(self) -> Path:
        return self.path / "requests.parquet"

    @property
    def status_table(self) -> Path:
        return self.path / "status.parquet"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def report(self) -> Path:
        return self.path / "report.html"

    def write_run(self, facts: Mapping[str, Any]) -> None:
        self._write_json("run.json", facts)

    def write_schedule(self, schedule: Mapping[str, Any]) -> None:
        self._write_json("schedule.json", schedule)

    def write_tables(self, history: History) -> None:
        """Of a history that is whole."""
        self._write_file(self.history_table, lambda path: write_history(history, path))
        self._write_file(self.status_table, lambda path: write_statuses(history, path))
        self._write_file(self.request_table, lambda path: write_requests(history.requests, path))

    def write_verdicts(self, verdicts: Mapping[str, Any]) -> None:
        self._write_json("verdicts.json", verdicts)

    def write_report(self, html: str) -> None:
        self._write("report.html", html.encode())

    def read(self) -> Record:
        """The run as far as it got. RunDirectoryProblem when there is no run here, or a file of it is damaged."""
        facts, history = self.read_facts(), self.read_history()
        with _explained(self.history):
            _ = history.requests  # which are kept, and that no answer came unasked is seen now
        return Record(facts, history, self._read_json("schedule.json") or {}, self.logs)

    def read_for_pictures(self) -> Record:
        """The same, from its tables where they are there and no older than the lines: what few look at is read late."""
        tables = (self.history_table, self.request_table)
        if not all(each.exists() and _no_older(each, self.history) for each in tables):
            return self.read()
        with _explained(self.history_table):
            history = read_history_lazily(self.history_table)
        schedule = self._read_json("schedule.json") or {}
        return Record(self.read_facts(), history, schedule, self.logs, self.request_table)

    def read_history(self) -> History:
        """Of the lines or, where only that was kept, of the table; empty where the run broke off before its first op.

        RunDirectoryProblem when it is damaged.
        """
        for path, read in ((self.history, read_jsonl), (self.history_table, read_history)):
            with _explained(path):
                if path.exists():
                    return read(path)
        return History(())

    def read_facts(self) -> Mapping[str, Any]:
        """run.json. RunDirectoryProblem when there is no run here."""
        if (facts := self._read_json("run.json")) is None:
            raise RunDirectoryProblem(f"{self.path} is not a run directory: it has no run.json")
        return facts

    def read_verdicts(self) -> Mapping[str, Any] | None:
        """None while nobody has judged the run."""
        return self._read_json("verdicts.json")

    def _write_json(self, name: str, content: Mapping[str, Any]) -> None:
        self._write(name, orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))

    def _write(self, name: str, content: bytes) -> None:
        self._write_file(self.path / name, lambda path: path.write_bytes(content))

    def _write_file(self, path: Path, write: Callable[[Path], object]) -> None:
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        with _explained(path):
            try:
                write(unfinished)
                unfinished.replace(path)
            finally:
                unfinished.unlink(missing_ok=True)

    def _read_json(self, name: str) -> Mapping[str, Any] | None:
        path = self.path / name
        with _explained(path):
            if not path.exists():
                return None
            content = orjson.loads(path.read_bytes())
            if not isinstance(content, dict):
                raise ValueError("expected a JSON object")  # noqa: TRY004 - the value of a file, not of an argument
        return content


def _no_older(table: Path, lines: Path) -> bool:
    return not lines.exists() or table.stat().st_mtime_ns >= lines.stat().st_mtime_ns


def _slug(scenario: str) -> str:
    """What every file system and shell takes without quoting."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", scenario).strip("-")[:LONGEST_NAME].rstrip("-") or "run"


def _first_free(runs: Path, stem: str, unfinished: Path) -> Path:
    """Where `unfinished` is from now on."""
    number = 1
    while True:
        path = runs / (stem if number == 1 else f"{stem}-{number}")
        try:
            unfinished.rename(path)
        except OSError as problem:
            if problem.errno not in (errno.EEXIST, errno.ENOTEMPTY):  # which of the two is up to the file system
                raise
            number += 1
        else:
            return path


def _point(link: Path, target: Path) -> None:
    """Relative, so that a runs directory may be moved; replaced in one step, so that there always is a latest run."""
    unfinished = link.with_name(f".{link.name}.{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    unfinished.symlink_to(target.name, target_is_directory=True)
    unfinished.replace(link)


@contextmanager
def damage_told(path: Path) -> Iterator[None]:
    """Raises RunDirectoryProblem for files of that run that are whole and yet say something else than a run does."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise RunDirectoryProblem(f"a file of {path} is damaged: {type(problem).__name__}: {problem}") from problem


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise RunDirectoryProblem(f"{path}: {problem.strerror}") from problem
    except ValueError as problem:
        raise RunDirectoryProblem(f"{path}: {problem}") from problem
