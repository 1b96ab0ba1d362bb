"""The notation of scenarios: a verb and a target, then a time.

crash("worker1").at(5), restart("worker1").at(9)
latency("coordinator→worker2", ms=300).between(3, 8)
"""

from dataclasses import dataclass

from chaos.faults.fault import Fault
from chaos.system_under_test import target_name


@dataclass(frozen=True, slots=True)
class Planned:
    """One fault on one target, from `start_s` to `end_s`; None means until the load is over."""

    fault: Fault
    target: str
    start_s: float
    end_s: float | None = None


@dataclass(frozen=True, slots=True)
class PlannedHealing:
    """The end of a fault of `kind` that an earlier line of the same schedule begins."""

    kind: str
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
        return Planned(self.fault, self.target, float(seconds))

    def between(self, start_s: float, end_s: float) -> Planned:
        return Planned(self.fault, self.target, float(start_s), float(end_s))


@dataclass(frozen=True, slots=True)
class AimedHealing:
    """A healing verb and its target, not yet a time."""

    fault: type[Fault]
    target: str

    def at(self, seconds: float) -> PlannedHealing:
        return PlannedHealing(self.fault.kind, self.fault.inverse, target_name(self.target), float(seconds))
