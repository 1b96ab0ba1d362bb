"""A whole session as one HTML file: every run with its verdict and figures, and the way to its own report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from reports.index import RunEntry
from reports.page import GLYPHS, counted
from reports.palette import UNKNOWN, VERDICTS, colours
from reports.trends import FIGURES, Trend, trends
from reports.verdict import Verdict

ORDER: Final = (Verdict.VIOLATED, None, Verdict.INCONCLUSIVE, Verdict.HELD)  # None: broken, or not judged
WIDTH: Final = 120
HEIGHT: Final = 24


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A run as the page shows it; `report` leads to its own page, relative to the session's."""

    name: str
    report: str | None
    scenario: str
    substrate: str
    word: str
    glyph: str
    tone: str
    figures: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A figure of one scenario over its runs as a line through `path`, from zero; `last` is its latest value."""

    scenario: str
    figure: str
    path: str
    last: str
    runs: int


def render_session(entries: Iterable[RunEntry], title: str = "Chaos session") -> str:
    """Self-contained; links lead to `<run>/report.html` beside it."""
    runs = sorted(entries, key=lambda each: (ORDER.index(each.verdict), each.name))
    verdict = Verdict.merge(each.verdict or Verdict.INCONCLUSIVE for each in runs)
    words = Counter(each.word for each in runs)
    environment = Environment(
        loader=PackageLoader("reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("session.html").render(
        title=title,
        colours=tuple(colours()),
        verdict=verdict.value,
        glyph=GLYPHS[verdict],
        tone=VERDICTS[verdict].name,
        headline=f"{counted(len(runs), 'run')}: "
        + (", ".join(f"{count} {word}" for word, count in sorted(words.items())) or "nothing"),
        rows=[_row(each) for each in runs],
        sparklines=[_sparkline(each) for each in trends(runs) if len(each.points) > 1],
        width=WIDTH,
        height=HEIGHT,
    )


def _row(entry: RunEntry) -> SessionRow:
    return SessionRow(
        name=entry.name,
        report=f"{entry.name}/report.html" if (entry.path / "report.html").exists() else None,
        scenario=entry.scenario,
        substrate=entry.substrate,
        word=entry.word,
        glyph="…" if entry.verdict is None else GLYPHS[entry.verdict],
        tone=(UNKNOWN if entry.verdict is None else VERDICTS[entry.verdict]).name,
        figures=tuple(
            _figure(entry.figure(name))
            for name in ("requests", "ok", "failed", "unknown", "retries", "goodput_rps", "p50_ms", "p99_ms")
        ),
        why=entry.problem or entry.why,
    )


def _sparkline(trend: Trend) -> Sparkline:
    values = [point.value for point in trend.points]
    highest = max(values) or 1.0
    step = WIDTH / (len(values) - 1)
    corners = (
        f"{number * step:.1f},{HEIGHT - value / highest * (HEIGHT - 2) - 1:.1f}" for number, value in enumerate(values)
    )
    return Sparkline(
        scenario=f"{trend.scenario} ({trend.substrate})" if trend.substrate else trend.scenario,
        figure=dict(FIGURES)[trend.figure],
        path="M" + " L".join(corners),
        last=_figure(values[-1]),
        runs=len(values),
    )


def _figure(value: float | None) -> str:
    return "\N{EN DASH}" if value is None else f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"
