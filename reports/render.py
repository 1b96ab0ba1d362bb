"""A run as one HTML file that needs nothing else: to read, to print, to attach to an incident review."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reports.broken import COLUMNS
from reports.detail_plots import waterfall_chart
from reports.frame import WIDTH_PX, Chart
from reports.legend import legend
from reports.logs import line_of
from reports.notable import notable
from reports.number import LONGEST
from reports.page import counted, page
from reports.palette import colours
from reports.panels import in_line
from reports.plots import POINTS, latency_chart, outcomes_chart, workers_chart
from reports.record import Record
from reports.run_plots import system_chart
from reports.series import drawn_points
from reports.shrunk_plot import shrunk_chart
from reports.svg import inline_svg
from reports.verdict import Finding
from reports.waterfall import run_offset, waterfall

WORST: Final = 4  # requests that are drawn step by step


@dataclass(frozen=True, slots=True)
class Drawn:
    """One request, by the op that evidence points at: why it is here, what was asked, and its waterfall."""

    op: int
    why: str
    input: str
    drawn: Markup


def render(record: Record, findings: Sequence[Finding], figures: Mapping[str, Any]) -> str:
    """The report of one run. `figures` are those of verdicts.json."""
    environment = _environment()
    script = environment.get_template("report.js").render()
    points = int(record.columns.came_back.sum())
    shown = page(record, findings, figures)
    offset_s = run_offset(record)
    return environment.get_template("report.html").render(
        page=shown,
        words=legend(record),
        broken_columns=COLUMNS,
        colours=tuple(colours()),
        script=Markup(script),  # noqa: S704 - a file of this package, with nothing filled in
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        outcomes=_drawn(outcomes_chart(record), "outcomes", f"Requests over time by outcome. {shown.summary}"),
        latency=_drawn(latency_chart(record), "latency", f"Latency over time of {counted(points, 'request')}."),
        workers=_drawn(workers_chart(record), "workers", "Answers over time, one row for each worker."),
        system=_drawn(
            system_chart(record, offset_s), "system", "Requests under way, batches and worker states over time."
        ),
        shrunk=None
        if shown.shrunk is None
        else _drawn(in_line(shrunk_chart(shown.shrunk, WIDTH_PX), WIDTH_PX), "shrunk", shown.shrunk.told),
        worst=tuple(_worst(record, findings, offset_s)),
        points=points,
        points_drawn=len(drawn_points(record.columns, POINTS)),
    )


@cache
def _environment() -> Environment:
    """One for all reports: to compile its templates takes a tenth of what a report does."""
    return Environment(
        loader=PackageLoader("reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _worst(record: Record, findings: Sequence[Finding], offset_s: float | None) -> Iterator[Drawn]:
    """Those that are worth a look, the worst first; none of a run in which every request went as usual."""
    for each in notable(record, findings, slowest=0, most=WORST):
        if (request := record.request_of(each.op)) is None:
            continue
        line = None
        if request.request_id is not None and record.logs is not None:
            line = line_of(request.request_id, record.logs / "coordinator.log")
        steps = waterfall(request, line, offset_s)
        words = "; ".join(f"{step.place}: {step.words}, {step.ms:,.1f} ms" for step in steps)
        chart = in_line(waterfall_chart(steps), WIDTH_PX)
        yield Drawn(each.op, each.why, request.input[:LONGEST], _drawn(chart, f"op{each.op}", words))


def _drawn(chart: Chart, name: str, description: str) -> Markup:
    return Markup(inline_svg(chart, name, description))  # noqa: S704 - Vega escapes every text it draws
