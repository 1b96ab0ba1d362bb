"""A schedule: which fault hits which target from when to when. A pure value; it knows no clock.

    Schedule.of([crash("worker1").at(5), restart("worker1").at(9), latency("coordinator→worker2", ms=300).at(3)])

As JSON, with times in seconds from the start of the load:

    {"version": 1, "seed": 7, "faults": [
        {"kind": "crash", "target": "worker1", "parameters": {}, "start_s": 5.0, "end_s": 9.0}
    ]}
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from chaos.faults.aim import Aimed, AimedHealing, Planned, PlannedHealing
from chaos.faults.fault import Fault, UnknownFault, healed_by, parameters, remake
from chaos.fit import misfits
from chaos.problems import HarnessProblem
from chaos.system_under_test import SystemUnderTest
from chaos.target_names import target_name
from chaos.targets import draw

VERSION: Final = 1


class InvalidSchedule(HarnessProblem):
    """The schedule cannot be carried out; the message lists everything that is wrong with it."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(["the schedule cannot be used:", *(f"  - {each}" for each in self.problems)]))


@dataclass(frozen=True, slots=True)
class Schedule:
    """Faults in the order of their start. `Schedule()` does nothing and is the identity of `+`.

    A seed of 0 is none: whoever carries the schedule out chooses one.
    """

    faults: tuple[Planned, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "faults", tuple(sorted(self.faults, key=_order)))

    @classmethod
    def of(cls, lines: "Lines", seed: int = 0) -> "Schedule":
        """From the notation of scenarios: each healing verb ends what it heals on its target and is open then.

        A schedule is itself, and takes the seed unless it has one. Raises InvalidSchedule naming every healing verb
        that finds nothing to heal, and every line without a time.
        """
        __tracebackhide__ = True
        if isinstance(lines, Schedule):
            return lines if lines.seed else replace(lines, seed=seed)
        lines = tuple(lines) if isinstance(lines, Iterable) else (lines,)
        problems = [problem for line in lines for problem in _misreadings(line)]
        faults = sorted((line for line in lines if isinstance(line, Planned)), key=lambda planned: planned.start_s)
        healings = sorted((line for line in lines if isinstance(line, PlannedHealing)), key=lambda line: line.at_s)
        for healing in healings:
            # The latest that began by then: an earlier one still open is an overlap, which `validate` names.
            for position, planned in reversed(tuple(enumerate(faults))):
                if _heals(healing, planned):
                    faults[position] = replace(planned, end_s=healing.at_s)
                    break
            else:
                problems.append(
                    f"{healing.verb} {healing.target} at {healing.at_s:g} s: "
                    f"no {' or '.join(healed_by(healing.verb))} is open there by then"
                )
        if problems:
            raise InvalidSchedule(problems)
        return cls(tuple(faults), seed)

    def __add__(self, other: "Schedule") -> "Schedule":
        """Both at once; the seed is that of the left one, if it has one."""
        return replace(self, faults=self.faults + other.faults, seed=self.seed or other.seed)

    def late(self, load_s: float) -> tuple["Planned", ...]:
        """Those that would begin only when a load of so many seconds is over."""
        return tuple(planned for planned in self.faults if planned.start_s >= load_s)

    def shifted(self, seconds: float) -> Self:
        """The same, that much later."""
        return replace(
            self,
            faults=tuple(
                replace(
                    planned,
                    start_s=planned.start_s + seconds,
                    end_s=None if planned.end_s is None else planned.end_s + seconds,
                )
                for planned in self.faults
            ),
        )

    def limited(self, seconds: float) -> Self:
        """Its first `seconds`: what begins later is left out, what is in force then ends."""
        return replace(
            self,
            faults=tuple(
                replace(planned, end_s=min(seconds, math.inf if planned.end_s is None else planned.end_s))
                for planned in self.faults
                if planned.start_s < seconds
            )
            if seconds < math.inf
            else self.faults,
        )

    def repeat(self, times: int, *, every_s: float) -> Self:
        """The same `times` times, one beginning `every_s` after the other."""
        return replace(
            self, faults=tuple(fault for turn in range(times) for fault in self.shifted(turn * every_s).faults)
        )

    @property
    def end_s(self) -> float:
        """When the last fault begins or ends, in seconds; 0 where there is none."""
        return max(
            (planned.start_s if planned.end_s is None else planned.end_s for planned in self.faults), default=0.0
        )

    def lines(self) -> tuple[str, ...]:
        """One readable line for each fault."""
        return tuple(map(str, self.faults)) or ("nothing is broken",)

    def drawn(self, system: SystemUnderTest) -> Self:
        """The same on targets that this system has by name, where it left them to chance: of one seed, always the same.

        Raises InvalidSchedule with every fault for which nobody can be drawn.
        """
        __tracebackhide__ = True
        faults, problems = draw(self.faults, system, self.seed)
        if problems:
            raise InvalidSchedule(problems)
        return replace(self, faults=faults)

    def validate(self, system: SystemUnderTest) -> None:
        """Raises InvalidSchedule with everything that cannot be carried out on this system."""
        __tracebackhide__ = True
        faults, problems = draw(self.faults, system, self.seed)
        if problems := (*problems, *misfits(replace(self, faults=faults).faults, system)):
            raise InvalidSchedule(problems)

    def to_json(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "seed": self.seed,
            "faults": [
                {
                    "kind": planned.fault.kind,
                    "target": planned.target,
                    "parameters": parameters(planned.fault),
                    "start_s": planned.start_s,
                    "end_s": planned.end_s,
                }
                for planned in self.faults
            ],
        }

    @classmethod
    def from_json(cls, schedule: Mapping[str, Any]) -> "Schedule":
        """Raises InvalidSchedule with everything that is wrong with its form; `validate` then looks at the meaning."""
        if (version := schedule.get("version")) != VERSION:
            raise InvalidSchedule([f"version {version!r} is not known here, only {VERSION}"])
        seed, entries = schedule.get("seed", 0), schedule.get("faults")
        problems = []
        if not isinstance(seed, int):
            problems.append(f"seed {seed!r} is not a whole number")
        if not isinstance(entries, list):
            raise InvalidSchedule([*problems, f"faults {entries!r} is not a list"])
        planned: list[Planned] = []
        for number, entry in enumerate(entries, 1):
            try:
                planned.append(_planned(entry))
            except (UnknownFault, ValueError) as problem:
                problems.append(f"fault {number}: {problem}")
        if problems:
            raise InvalidSchedule(problems)
        return cls(tuple(planned), seed)


Lines = Schedule | Planned | PlannedHealing | Iterable[Planned | PlannedHealing]
"""What a scenario may write for a schedule: one, its lines, or its only line."""


def _misreadings(line: object) -> Iterator[str]:
    """What keeps a line of the notation from being a fault or a healing verb at its time."""
    match line:
        case Planned() | PlannedHealing():
            return
        case Aimed(fault=fault, target=target):
            yield f"{fault.kind} {target}: it has no time; add .at(seconds) or .between(start_s, end_s)"
        case AimedHealing(verb=verb, target=target):
            yield f"{verb} {target}: it has no time; add .at(seconds)"
        case Schedule():
            yield "a schedule among faults: add schedules with +, or unpack its .faults"
        case _:
            yield f"{line!r} is neither a fault nor a healing verb"


def _heals(healing: PlannedHealing, planned: Planned) -> bool:
    return (
        planned.end_s is None
        and planned.fault.inverse == healing.verb
        and planned.target == healing.target
        and planned.start_s <= healing.at_s
    )


def _order(planned: Planned) -> tuple[float, str, str, float, str]:
    """Of the faults of a schedule; no two that differ are alike in it, so that it is the same however they come."""
    end_s = math.inf if planned.end_s is None else planned.end_s
    return planned.start_s, planned.target, planned.fault.kind, end_s, repr(planned.fault)


def _planned(entry: object) -> Planned:
    """Raises ValueError or UnknownFault."""
    if not isinstance(entry, dict):
        raise ValueError(f"{entry!r} is not an object")  # noqa: TRY004 - a wrong file, not a wrong program
    if strange := sorted(set(entry) - {"kind", "target", "parameters", "start_s", "end_s"}):
        raise ValueError(f"unknown field {', '.join(map(repr, strange))}")
    kind, target, given = entry.get("kind"), entry.get("target"), entry.get("parameters", {})
    if not isinstance(kind, str) or not isinstance(target, str) or not isinstance(given, dict):
        raise ValueError("kind and target are texts and parameters is an object")  # noqa: TRY004 - see above
    fault: Fault = remake(kind, given)
    return Planned(fault, target_name(target), _seconds(entry, "start_s"), _end(entry))


def _end(entry: Mapping[str, Any]) -> float | None:
    return None if entry.get("end_s") is None else _seconds(entry, "end_s")


def _seconds(entry: Mapping[str, Any], name: str) -> float:
    value = entry.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} {value!r} is not a number of seconds")  # noqa: TRY004 - see above
    return float(value)
