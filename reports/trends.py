"""How the figures of one scenario moved from run to run. Only like is put beside like: one scenario, one substrate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from reports.index import RunEntry
from reports.verdict import Verdict

FIGURES: Final = (("goodput_rps", "goodput, answers per s"), ("p99_ms", "p99, ms"), ("recovery_s", "recovery, s"))


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One figure of one run. `number` counts the runs of its scenario, oldest first, from 1."""

    number: int
    run: str
    commit: str
    verdict: Verdict
    value: float


@dataclass(frozen=True, slots=True)
class Trend:
    """A figure of one scenario on one substrate over its runs; runs that did not measure it have no point."""

    scenario: str
    substrate: str
    figure: str
    points: tuple[TrendPoint, ...]


def trends(entries: Iterable[RunEntry]) -> tuple[Trend, ...]:
    """Every figure of every scenario that was judged at least once, by scenario and substrate."""
    groups: dict[tuple[str, str], list[RunEntry]] = {}
    for entry in sorted(entries, key=lambda each: each.name):
        if entry.verdict is not None:
            groups.setdefault((entry.scenario, entry.substrate), []).append(entry)
    return tuple(
        Trend(scenario, substrate, figure, _points(runs, figure))
        for (scenario, substrate), runs in sorted(groups.items())
        for figure, _ in FIGURES
    )


def history_of(entry: RunEntry, entries: Iterable[RunEntry], figure: str, at_most: int = 20) -> tuple[float, ...]:
    """The figure in the runs of the same scenario and substrate up to this one, oldest first: a sparkline."""
    alike = [
        value
        for each in sorted(entries, key=lambda each: each.name)
        if (each.scenario, each.substrate) == (entry.scenario, entry.substrate)
        and each.name <= entry.name
        and (value := each.figure(figure)) is not None
    ]
    return tuple(alike[-at_most:])


def _points(runs: Iterable[RunEntry], figure: str) -> tuple[TrendPoint, ...]:
    points = []
    for number, run in enumerate(runs, start=1):
        value = run.recovery_s if figure == "recovery_s" else run.figure(figure)
        if value is not None and run.verdict is not None:
            points.append(TrendPoint(number, run.name, run.commit[:7], run.verdict, value))
    return tuple(points)
