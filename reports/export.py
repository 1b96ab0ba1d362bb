"""The charts of a run as files, for a paper or an incident review: SVG to edit, PNG to paste."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import vl_convert

from reports.frame import Chart
from reports.palette import GROUND
from reports.plots import latency_chart, outcomes_chart, workers_chart
from reports.record import Record

CHARTS: Final[Mapping[str, Callable[[Record], Chart]]] = MappingProxyType(
    {"outcomes": outcomes_chart, "latency": latency_chart, "workers": workers_chart}
)
SCALE: Final = 2.0  # of a PNG: 2,244 pixels across, sharp in print at the width of a page


def export(record: Record, folder: Path) -> tuple[Path, ...]:
    """Write each chart as SVG and PNG on a white ground; what was written, in order. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, draw in CHARTS.items():
        specification = {**draw(record).to_dict(validate=False), "background": GROUND.light}
        svg, png = folder / f"{name}.svg", folder / f"{name}.png"
        svg.write_text(vl_convert.vegalite_to_svg(specification), encoding="utf-8")
        png.write_bytes(vl_convert.vegalite_to_png(specification, scale=SCALE))
        written += [svg, png]
    return tuple(written)
