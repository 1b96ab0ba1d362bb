"""Runs as pages open them: read once, kept while they do not change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import streamlit as st

from reports.directory import RunDirectory, RunDirectoryProblem, damage_told
from reports.history import Request
from reports.index import RunEntry, RunState, run_entry, run_index
from reports.legend import Legend, legend
from reports.logs import RequestLine, line_of
from reports.page import Page, page
from reports.panels import themed
from reports.record import Record
from reports.run_plots import run_chart
from reports.verdict import Finding
from reports.waterfall import run_offset

KEPT_OPEN = 6


@dataclass(frozen=True)
class Opened:
    """One run with everything that its pages draw from. `offset_s` is the logs' clock against the run's."""

    entry: RunEntry
    record: Record
    findings: tuple[Finding, ...]
    figures: Mapping[str, Any]
    offset_s: float | None
    _charts: dict[bool, Mapping[str, Any]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def chart(self, *, dark: bool) -> Mapping[str, Any]:
        """The chart of all that happened, in the colours of a theme; every click on it has its page drawn anew."""
        if dark not in self._charts:
            self._charts[dark] = themed(run_chart(self.record, self.offset_s), dark=dark)
        return self._charts[dark]

    @cached_property
    def page(self) -> Page:
        """What is said of it. Raises RunDirectoryProblem where its files say what no run says."""
        with damage_told(self.entry.path):
            return page(self.record, self.findings, self.figures)

    @cached_property
    def legend(self) -> Legend:
        """What is said below that chart."""
        return legend(self.record)

    def line_of(self, request: Request) -> RequestLine | None:
        """What the coordinator logged of it."""
        logs = self.record.logs
        if request.request_id is None or logs is None:
            return None
        return line_of(request.request_id, logs / "coordinator.log")


def opened(path: Path) -> Opened:
    """Raises RunDirectoryProblem for what is no readable run."""
    entry = run_entry(path)
    if entry.state is RunState.BROKEN:
        raise RunDirectoryProblem(entry.problem)
    stamps = tuple(
        (each.name, each.stat().st_mtime_ns)
        for each in (path / "run.json", path / "history.jsonl", path / "verdicts.json")
        if each.exists()
    )
    return _read(path, stamps)


@st.cache_data(ttl=5.0, show_spinner=False)
def listed(runs: Path) -> tuple[RunEntry, ...]:
    return run_index(runs)


@st.cache_resource(max_entries=KEPT_OPEN, show_spinner="Reading the run …")
def _read(path: Path, stamps: tuple[tuple[str, int], ...]) -> Opened:  # noqa: ARG001 - part of the key
    directory = RunDirectory(path)
    with damage_told(path):
        record = directory.read_for_pictures()
        verdicts = directory.read_verdicts() or {}
        return Opened(
            entry=run_entry(path),
            record=record,
            findings=tuple(Finding.from_json(each) for each in verdicts.get("invariants", ())),
            figures=verdicts.get("figures", {}),
            offset_s=run_offset(record),
        )
