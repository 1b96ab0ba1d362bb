"""The notation of scenarios: a verb and a target, then a time.

crash("worker1").at(5), restart("worker1").at(9)
latency("coordinator→worker2", ms=300).between(3, 8)
"""

from dataclasses import dataclass

from chaos.faults.fault import Fault, parameters
from chaos.target_names import target_name


@dataclass(frozen=True, slots=True)
class Planned:
    """One fault on one target, from `start_s` to `end_s`; None means until the load is over."""

    fault: Fault
    target: str
    start_s: float
    end_s: float | None = None

    def __str__(self) -> str:
        """A readable line."""
        given = ", ".join(f"{name}={value}" for name, value in parameters(self.fault).items())
        end = "until the end" if self.end_s is None else f"to {self.end_s:g} s"
        return f"{self.start_s:g} s {end}: {self.fault.kind} {self.target}" + (f" ({given})" if given else "")


@dataclass(frozen=True, slots=True)
class PlannedHealing:
    """The end of a fault, of any kind that `verb` heals, that an earlier line of the same schedule begins."""

    verb: str
    target: str
    at_s: float


@dataclass(frozen=True, slots=True)
class Aimed:
    """A fault and its target, not yet a time."""

    fault: Fault
    target: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "target", target_name(self.target))

    def at(self, seconds: float) -> Planned:
        """From then on: until its healing verb, or until the load is over."""
        __tracebackhide__ = True
        return Planned(self.fault, self.target, _seconds(f"{self.fault.kind} {self.target}", seconds))

    def between(self, start_s: float, end_s: float) -> Planned:
        __tracebackhide__ = True
        what = f"{self.fault.kind} {self.target}"
        return Planned(self.fault, self.target, _seconds(what, start_s), _seconds(what, end_s))


@dataclass(frozen=True, slots=True)
class AimedHealing:
    """A healing verb and its target, not yet a time."""

    verb: str
    target: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "target", target_name(self.target))

    def at(self, seconds: float) -> PlannedHealing:
        __tracebackhide__ = True
        return PlannedHealing(self.verb, self.target, _seconds(f"{self.verb} {self.target}", seconds))


def _seconds(what: str, given: float) -> float:
    __tracebackhide__ = True
    try:
        return float(given)
    except (TypeError, ValueError):
        raise TypeError(f"{what}: {given!r} is no number of seconds") from None
