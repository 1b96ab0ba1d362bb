"""One palette with one meaning per colour, for every chart and page.

Three colours carry what is known: known to be good, known to be bad, not known. An answered request and a promise that
held share one, and so do their opposites. Fault kinds have colours of their own that none of those three can be
mistaken for; process faults lean to violet, network faults to green and earth. No meaning rests on colour alone:
outcomes differ in shape as well, verdicts in words, faults in labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from reports.history import OpType
from reports.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Colour:
    """A meaning with the colour it has on a light and on a dark ground. `name` is its CSS variable without dashes."""

    name: str
    light: str
    dark: str


GROUND: Final = Colour("ground", "#ffffff", "#15181d")
RAISED: Final = Colour("raised", "#f4f6f8", "#20252c")  # what can be typed into, and what is chosen
INK: Final = Colour("ink", "#1b1f24", "#e8eaed")
MUTED: Final = Colour("muted", "#5a6270", "#a0a8b4")
LINE: Final = Colour("line", "#dfe2e6", "#31373f")

GOOD: Final = Colour("good", "#2470b3", "#62aaf0")
BAD: Final = Colour("bad", "#a3103a", "#ff7a66")
UNKNOWN: Final = Colour("unknown", "#966c00", "#f0c24b")

OUTCOMES: Final[Mapping[OpType, Colour]] = MappingProxyType(
    {OpType.OK: GOOD, OpType.FAIL: BAD, OpType.INFO: UNKNOWN},
)
VERDICTS: Final[Mapping[Verdict, Colour]] = MappingProxyType(
    {Verdict.HELD: GOOD, Verdict.VIOLATED: BAD, Verdict.INCONCLUSIVE: UNKNOWN},
)
# What a coordinator takes a worker for: what is known to serve, known not to, and in between what is not known. States
# that share a colour differ in height where they are drawn, and in words everywhere.
STATES: Final[Mapping[str, Colour]] = MappingProxyType(
    {
        "up": GOOD,
        "trial": UNKNOWN,
        "suspected": UNKNOWN,
        "ejected": BAD,
        "down": BAD,
        "starting": MUTED,
        "leaving": MUTED,
    }
)

OTHER_FAULT: Final = Colour("fault-other", "#69707c", "#a5adba")
FAULTS: Final[Mapping[str, Colour]] = MappingProxyType(
    {
        kind: Colour(f"fault-{kind.replace('_', '-')}", light, dark)
        for kind, light, dark in (
            ("crash", "#6d3fa9", "#b794f0"),
            ("terminate", "#8453b8", "#d2b8f2"),
            ("pause", "#b0338d", "#f08ad0"),
            ("starve_cpu", "#7d5a86", "#c9a4d2"),
            ("limit_memory", "#8d4f75", "#dba0c4"),
            ("slow_model", "#5b5fb0", "#a9adf2"),
            ("crash_on", "#8430b8", "#c98cf0"),
            ("fail_rpc", "#94568f", "#e0a3db"),
            ("latency", "#1b7f5c", "#5fd0a3"),
            ("bandwidth", "#127c86", "#5ccbd6"),
            ("blackhole", "#2f3a45", "#c3ccd6"),
            ("reset", "#8a4b2a", "#dea27e"),
            ("slow_close", "#4f7a3a", "#9dcb85"),
            ("slice", "#3b7a8c", "#8ac6d8"),
            ("limit_data", "#7a6622", "#d3bd74"),
            ("down", "#5d6b14", "#b9cb5e"),
            ("partition", "#46607c", "#9db9d8"),
            ("flap", "#6f7420", "#cdd36f"),
        )
    }
)


def fault_colour(kind: str) -> Colour:
    """The colour of a fault; kinds that a user added share one, and their labels tell them apart."""
    return FAULTS.get(kind, OTHER_FAULT)


def state_colour(state: str) -> Colour:
    """The colour of a worker's state; one that the palette does not know is not known."""
    return STATES.get(state, UNKNOWN)


def colours() -> Iterator[Colour]:
    """Every colour there is."""
    yield from (GROUND, INK, MUTED, LINE, GOOD, BAD, UNKNOWN)
    yield from FAULTS.values()
    yield OTHER_FAULT
