"""Every chart is what Vega-Lite takes, which nobody asks of their pieces while they are made."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final

import altair as alt
import pytest
from altair.utils.schemapi import SchemaValidationError

import reports
from reports.compare import Conclusion
from reports.compare_plots import intervals_chart, overlay_chart
from reports.detail_plots import trend_chart, waterfall_chart
from reports.frame import Chart, over, unchecked
from reports.live_plots import live_chart
from reports.overlay import aligned
from reports.plots import latency_chart, outcomes_chart, workers_chart
from reports.run_plots import run_chart, system_chart
from reports.shrunk import shrunk
from reports.shrunk_plot import shrunk_chart
from reports.trends import Trend, TrendPoint
from reports.verdict import Verdict
from tests.reports.generated import record
from tests.reports.test_detail_plots import STEPS
from tests.reports.test_live_plots import VIEW
from tests.reports.test_overlay import compared, run
from tests.reports.test_shrunk import RUN

REQUESTS: Final = 60


def trend() -> Chart:
    points = (TrendPoint(1, "a", "c", Verdict.HELD, 80.0), TrendPoint(2, "b", "d", Verdict.VIOLATED, 100.0))
    return trend_chart(Trend("crash", "local", "p99_ms", points), "p99, ms")


def schedules() -> Chart:
    told = shrunk(RUN)
    assert told is not None
    return shrunk_chart(told)


CHARTS: Final[Mapping[str, Callable[[], Chart]]] = {
    "outcomes_chart": lambda: outcomes_chart(record(REQUESTS)),
    "latency_chart": lambda: latency_chart(record(REQUESTS)),
    "workers_chart": lambda: workers_chart(record(REQUESTS)),
    "run_chart": lambda: run_chart(record(REQUESTS), 0.0),
    "system_chart": lambda: system_chart(record(REQUESTS), 0.0),
    "shrunk_chart": schedules,
    "waterfall_chart": lambda: waterfall_chart(STEPS),
    "trend_chart": trend,
    "intervals_chart": lambda: intervals_chart((compared("p50", 100.0, -10.0, Conclusion.DIFFERENT),)),
    "overlay_chart": lambda: overlay_chart([aligned(run(0.1, fault_s=1.0))], [aligned(run(0.2))]),
    "live_chart": lambda: live_chart(VIEW),
}


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_fits_the_schema(name: str) -> None:
    CHARTS[name]().to_dict(validate=True)


def test_what_does_not_fit_is_found_in_the_whole() -> None:
    @unchecked
    def slip() -> alt.Chart:
        chart: alt.Chart = over([{"x": 1}]).mark_text(aling="left").encode(text="x:N")
        return chart

    with pytest.raises(SchemaValidationError):
        slip().to_dict(validate=True)


def test_no_chart_is_forgotten_here() -> None:
    modules = [import_module(f"reports.{each.name}") for each in pkgutil.iter_modules(reports.__path__)]
    assert {name for module in modules for name in vars(module) if name.endswith("_chart")} == set(CHARTS)
