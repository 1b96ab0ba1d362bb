"""A schedule before and after it was made small, one below the other on one time axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reports.bands import Band, bands
from reports.fault_panel import faults_panel
from reports.frame import Chart, unchecked
from reports.live_plots import LANE_PX
from reports.panels import LAID_OUT_PX, Panel, TimeAxis, stacked
from reports.shrunk import PlannedFault, Shrunk
from reports.windows import FaultWindow

LEFT_OUT: Final = "left out"


@unchecked
def shrunk_chart(shrunk: Shrunk, width_px: int = LAID_OUT_PX) -> Chart:
    """A bar for each fault; what shrinking did without says so. Labels are laid out for a page of `width_px`."""
    axis = TimeAxis(0, shrunk.seconds, title="seconds since the load began")
    sides = (("as it was found", shrunk.before), ("as small as it gets", shrunk.after))
    panels = [_panel(title, _placed(faults, shrunk.seconds, width_px), axis) for title, faults in sides]
    moments = [{"at": each.start_s, "side": title, "line": _words(each)} for title, faults in sides for each in faults]
    return stacked(panels, axis, moments, (("side", "schedule"), ("line", "from here")), zoom=False)


def _panel(title: str, placed: Sequence[Band], axis: TimeAxis) -> Panel:
    lanes = 1 + max((band.lane for band in placed), default=0)
    return Panel(title, LANE_PX * lanes, lambda at: faults_panel(placed, axis, at, lanes))


def _placed(faults: Sequence[PlannedFault], span_s: float, width_px: int) -> tuple[Band, ...]:
    words = {str(number): _words(fault) for number, fault in enumerate(faults)}
    windows = [
        FaultWindow(str(number), each.kind, each.target, each.start_s, each.end_s, None, "", (), ())
        for number, each in enumerate(faults)
    ]
    return bands(windows, span_s, width_px, lambda window: words[window.id])


def _words(fault: PlannedFault) -> str:
    return f"{fault.kind} {fault.target}" + (f" ({LEFT_OUT})" if fault.left_out else "")
