"""What a page says of each fault: what it was, when it was noticed and over, and who paid for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reports.number import NOT_MEASURED, number
from reports.palette import fault_colour
from reports.service import FLOOR_MS, SHARE, SLOWDOWN, WINDOW_S

if TYPE_CHECKING:
    from reports.aftermath import Aftermath, Measured, Paid
    from reports.windows import FaultWindow

COLUMNS: Final = (
    *("fault", "target", "in force", "noticed after", "worker back after", "service back after", "who paid"),
    "evidence",
)


@dataclass(frozen=True, slots=True)
class Broken:
    """A row of the fault table, in words. `tone` and `bit_tone` name colours of the palette."""

    id: str
    kind: str
    target: str
    tone: str
    when: str
    bit: str
    bit_tone: str
    evidence: str
    takes_out: str
    noticed: str
    worker_back: str
    service_back: str
    paid: str


def broken(of: Aftermath) -> Broken:
    window, noticed = of.window, of.noticed
    bit, bit_tone = {True: ("bit", "good"), False: ("did not bite", "unknown"), None: ("nobody looked", "unknown")}[
        window.bit
    ]
    return Broken(
        id=window.id,
        kind=window.kind,
        target=window.target,
        tone=fault_colour(window.kind).name,
        when=_when(window),
        bit=bit,
        bit_tone=bit_tone,
        evidence=window.evidence,
        takes_out=", ".join(window.takes_out) or "nothing",
        noticed=NOT_MEASURED if noticed is None else f"{noticed.after_s:.2f} s: {noticed.worker} {noticed.state}",
        worker_back=_after(of.worker_s),
        service_back=_after(of.service_s),
        paid=_paid(of.paid),
    )


def how_told(how: Measured) -> str:
    """What the columns of that table mean."""
    asked = "" if how.every_s is None else f", asked every {how.every_s:.1g} s"
    good = (
        ""
        if how.good_ms is None
        else f"{how.good_ms:,.0f} ms ({SLOWDOWN:g} times the p99 before, but {FLOOR_MS:g} ms at least)"
    )
    service = (
        f"Service is back with the first {WINDOW_S:g} s of requests of which {SHARE:.0%} were answered within {good}."
        if good
        else "Nothing was steady before the first fault, so nobody can tell when service was back, nor what was late."
    )
    return (
        "Noticed counts from the beginning of a fault, back from its end; of workers as /status said of those that its"
        f" target names{asked}. {service} Who paid is of the requests under way from the beginning of a fault until"
        " service was back, the slowest of all the answers among them. A dash: not seen."
    )


def _when(window: FaultWindow) -> str:
    healed = f"{window.healed_s:.2f} s" if window.healed_s is not None else "the end, never healed"
    return f"{window.injected_s:.2f} s to {healed}"


def _after(seconds: float | None) -> str:
    if seconds is None:
        return NOT_MEASURED
    return "at once" if seconds < 0.005 else f"{seconds:.2f} s"


def _paid(paid: Paid) -> str:
    """The worst first; the slowest answer need not be one of those that are counted, and so stands apart."""
    retried = "retried" if paid.retried_ms is None else f"retried in at most {number(paid.retried_ms)} ms"
    worse = (
        (paid.failed, "failed"),
        (paid.unknown, "unknown"),
        (paid.retried, retried),
        (paid.late or 0, "late"),
    )
    told = ", ".join(f"{count:,} {word}" for count, word in worse if count)
    if not told:
        return "nobody"
    return told if paid.slowest_ms is None else f"{told}; slowest of all: {number(paid.slowest_ms)} ms"
