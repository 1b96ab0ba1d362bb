"""A run as one HTML file that needs nothing else: to read, to print, to attach to an incident review."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reports.frame import Chart
from reports.page import counted, page
from reports.palette import colours
from reports.plots import POINTS, latency_chart, outcomes_chart, workers_chart
from reports.record import Record
from reports.series import drawn_points
from reports.svg import inline_svg
from reports.verdict import Finding


def render(record: Record, findings: Sequence[Finding], figures: Mapping[str, Any]) -> str:
    """The report of one run. `figures` are those of verdicts.json."""
    environment = Environment(
        loader=PackageLoader("reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    script = environment.get_template("report.js").render()
    points = int(record.columns.came_back.sum())
    shown = page(record, findings, figures)
    return environment.get_template("report.html").render(
        page=shown,
        colours=tuple(colours()),
        script=Markup(script),  # noqa: S704 - a file of this package, with nothing filled in
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        outcomes=_drawn(outcomes_chart(record), "outcomes", f"Requests over time by outcome. {shown.summary}"),
        latency=_drawn(latency_chart(record), "latency", f"Latency over time of {counted(points, 'request')}."),
        workers=_drawn(workers_chart(record), "workers", "Answers over time, one row for each worker."),
        points=points,
        points_drawn=len(drawn_points(record.columns, POINTS)),
    )


def _drawn(chart: Chart, name: str, description: str) -> Markup:
    return Markup(inline_svg(chart, name, description))  # noqa: S704 - Vega escapes every text it draws
