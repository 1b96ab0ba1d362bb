"""What the report of a run says, in words and rows, before any of it is HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reports.aftermath import aftermaths, measured
from reports.broken import Broken, broken, how_told
from reports.history import History, Op
from reports.number import NOT_MEASURED, number, short
from reports.palette import VERDICTS
from reports.record import Record
from reports.series import LEVELS, bucket_width, levels_over_time, outcomes_over_time, shown_s
from reports.shrunk import Shrunk, planned_faults, shrunk
from reports.verdict import Finding, Verdict
from reports.windows import FaultWindow

SHOWN: Final = 12  # ops of evidence that are spelled out; the others are counted
GLYPHS: Final[Mapping[Verdict, str]] = {Verdict.HELD: "✔", Verdict.VIOLATED: "✘", Verdict.INCONCLUSIVE: "?"}
ELSEWHERE: Final = ("replay", "shrunk_from")  # facts that have a place of their own on the page
WORST_FIRST: Final = (Verdict.VIOLATED, Verdict.INCONCLUSIVE, Verdict.HELD)
OUTCOME_FIGURES: Final = (("ok", "answered"), ("failed", "failed"), ("unknown", "unknown"))


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure. `tone` names a colour of the palette where the figure is one to look at."""

    name: str
    value: str
    unit: str = ""
    tone: str = "ink"


@dataclass(frozen=True, slots=True)
class Judged:
    """A row of the verdict table."""

    name: str
    verdict: str
    glyph: str
    tone: str
    promise: str
    message: str
    figures: tuple[tuple[str, str], ...]
    evidence: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Moment:
    """A row of the table that says what the charts show."""

    when: str
    asked: int
    ok: int
    failed: int
    unknown: int
    arrived: int
    p50: str
    p99: str
    points: int


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the template needs but the drawings."""

    scenario: str
    verdict: str
    glyph: str
    tone: str
    headline: str
    summary: str
    about: tuple[tuple[str, str], ...]
    tiles: tuple[Tile, ...]
    judged: tuple[Judged, ...]
    broken: tuple[Broken, ...]
    broken_how: str
    schedule: tuple[str, ...]
    shrunk: Shrunk | None
    moments: tuple[Moment, ...]
    environment: tuple[tuple[str, tuple[tuple[str, tuple[str, ...]], ...]], ...]
    replay: str | None


def page(record: Record, findings: Sequence[Finding], figures: Mapping[str, Any]) -> Page:
    verdict = Verdict.merge(finding.verdict for finding in findings)
    facts = record.facts
    ordered = sorted(findings, key=lambda finding: WORST_FIRST.index(finding.verdict))
    replay = facts.get("replay")
    how = measured(record)
    return Page(
        scenario=str(facts.get("scenario") or "a run without a name").replace("_", " "),
        verdict=verdict.value,
        glyph=GLYPHS[verdict],
        tone=VERDICTS[verdict].name,
        headline=_headline(verdict, findings),
        summary=_summary(record, figures),
        about=tuple(
            (name, str(facts[name])) for name in ("started", "substrate", "seed") if facts.get(name) is not None
        ),
        tiles=tuple(_tiles(figures, record.columns.slowest_ms(record.columns.answered))),
        judged=tuple(_judged(finding, record.history) for finding in ordered),
        broken=tuple(map(broken, aftermaths(record, how))),
        broken_how=how_told(how) if record.windows else "",
        schedule=tuple(each.line for each in planned_faults(record.schedule)),
        shrunk=shrunk(record),
        moments=tuple(_moments(record)),
        environment=tuple(_environment(facts)),
        replay=None if replay is None else str(replay),
    )


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _headline(verdict: Verdict, findings: Sequence[Finding]) -> str:
    of_it = sum(finding.verdict is verdict for finding in findings)
    if not findings:
        return "Nothing was judged"
    if verdict is Verdict.HELD:
        return f"All {counted(of_it, 'promise')} held" if of_it > 1 else "The one promise held"
    if verdict is Verdict.VIOLATED:
        return f"{of_it} of {counted(len(findings), 'promise')} broken"
    return f"{of_it} of {counted(len(findings), 'promise')} could not be judged"


def _summary(record: Record, figures: Mapping[str, Any]) -> str:
    """One sentence of what was asked and what came of it, one of what was broken meanwhile."""
    asked = f"{counted(int(figures.get('requests') or 0), 'request')} in {record.history.duration_s:.1f} s"
    ended = ", ".join(f"{int(figures.get(name) or 0):,} {word}" for name, word in OUTCOME_FIGURES)
    retries = counted(int(figures.get("retries") or 0), "retry").replace("retrys", "retries")
    return f"{asked}: {ended}, with {retries}. Faults: {_faults(record.windows)}."


def _faults(windows: Sequence[FaultWindow]) -> str:
    """Each kind once, with everything it hit and how often it hit it."""
    times = Counter((window.kind, window.target) for window in windows)
    hit: dict[str, list[str]] = {}
    for (kind, target), count in sorted(times.items()):
        hit.setdefault(kind, []).append(target if count == 1 else f"{target} ({count} times)")
    return "; ".join(f"{kind} on {', '.join(targets)}" for kind, targets in hit.items()) or "none"


def _tiles(figures: Mapping[str, Any], slowest: float | None) -> Iterator[Tile]:
    yield Tile("requests", number(figures.get("requests")))
    yield Tile("answered", number(figures.get("ok")), tone="good" if figures.get("ok") else "ink")
    yield Tile("failed", number(figures.get("failed")), tone="bad" if figures.get("failed") else "ink")
    yield Tile("unknown", number(figures.get("unknown")), tone="unknown" if figures.get("unknown") else "ink")
    yield Tile("retries", number(figures.get("retries")))
    yield Tile("goodput", number(figures.get("goodput_rps")), "per s")
    yield Tile("median", number(figures.get("p50_ms")), "ms")
    yield Tile("p99", number(figures.get("p99_ms")), "ms")
    yield Tile("slowest", number(slowest), "ms")


def _judged(finding: Finding, history: History) -> Judged:
    return Judged(
        name=finding.name,
        verdict=finding.verdict.value,
        glyph=GLYPHS[finding.verdict],
        tone=VERDICTS[finding.verdict].name,
        promise=finding.promise,
        message=finding.message,
        figures=tuple((name, number(value)) for name, value in finding.figures.items()),
        evidence=tuple(_witness(each, history) for each in finding.evidence[:SHOWN]),
        more=max(0, len(finding.evidence) - SHOWN),
    )


def _witness(evidence: int | str, history: History) -> str:
    if isinstance(evidence, int) and 0 <= evidence < len(history):
        return _told(history[evidence])
    return str(evidence)


def _told(op: Op) -> str:
    who = f"client {op.process}" if isinstance(op.process, int) else op.process
    value = None if op.value is None else short(op.value)
    return " · ".join(
        part for part in (f"op {op.index}", f"{op.time_s:.3f} s", who, f"{op.type} {op.f}", value, op.error) if part
    )


def _moments(record: Record) -> Iterator[Moment]:
    span_s = shown_s(record.history)
    width_s = bucket_width(span_s, LEVELS)
    outcomes = outcomes_over_time(record.columns, span_s, width_s)
    quantiles = levels_over_time(record.columns, span_s, width_s)
    for asked, answered in zip(outcomes, quantiles, strict=True):
        yield Moment(
            when=f"{asked.start_s:g} to {asked.end_s:.4g}",
            asked=asked.ok + asked.failed + asked.unknown,
            ok=asked.ok,
            failed=asked.failed,
            unknown=asked.unknown,
            arrived=asked.answers,
            p50=number(answered.p50_ms),
            p99=number(answered.p99_ms),
            points=answered.points,
        )


def _environment(facts: Mapping[str, Any]) -> Iterator[tuple[str, tuple[tuple[str, tuple[str, ...]], ...]]]:
    """run.json in groups: its plain fields first, then one group for each field that has fields of its own."""
    facts = {name: value for name, value in facts.items() if name not in ELSEWHERE}
    plain = {name: value for name, value in facts.items() if not isinstance(value, Mapping)}
    groups = {"run": plain, **{name: value for name, value in facts.items() if isinstance(value, Mapping)}}
    for group, fields in groups.items():
        yield (
            group.replace("_", " "),
            tuple((name.replace("_", " "), _lines(value)) for name, value in fields.items()),
        )


def _lines(value: object) -> tuple[str, ...]:
    """One line for each element of a list of objects, or of names; one for everything else."""
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        return tuple(_plainly(each) for each in value)
    return (_plainly(value),)


def _plainly(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        told = [f"{name} {_plainly(each)}" for name, each in value.items() if name != "name"]
        return ": ".join(part for part in (str(value.get("name", "")), ", ".join(told)) if part) or NOT_MEASURED
    if isinstance(value, Sequence):
        return " ".join(_plainly(each) for each in value) or NOT_MEASURED
    return NOT_MEASURED if value is None else "yes" if value is True else "no" if value is False else str(value)
