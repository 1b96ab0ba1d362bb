"""Runs as pages open them: read once, kept while they do not change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from reports.directory import RunDirectory
from reports.index import RunEntry, run_entry, run_index
from reports.logs import RequestLine, coordinator_log
from reports.record import Record
from reports.verdict import Finding
from reports.waterfall import clock_offset

KEPT_OPEN = 6


@dataclass(frozen=True)
class Opened:
    """One run with everything that its pages draw from. `offset_s` is the logs' clock against the run's."""

    entry: RunEntry
    record: Record
    findings: tuple[Finding, ...]
    figures: Mapping[str, Any]
    lines: Mapping[str, RequestLine]
    offset_s: float | None


def opened(path: Path) -> Opened:
    """Raises RunDirectoryProblem, ValueError or KeyError for what is no readable run."""
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
    record = directory.read()
    verdicts = directory.read_verdicts() or {}
    lines = {line.request_id: line for line in coordinator_log(record.log("coordinator")).requests}
    return Opened(
        entry=run_entry(path),
        record=record,
        findings=tuple(Finding.from_json(each) for each in verdicts.get("invariants", ())),
        figures=verdicts.get("figures", {}),
        lines=lines,
        offset_s=clock_offset(record.requests, lines.values()),
    )
