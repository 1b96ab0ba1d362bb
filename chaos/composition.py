"""Schedules out of schedules. Whatever is put in may be one, or the lines of one as scenarios write them.

    sequence([crash("worker1").between(1, 3)], repeat([reset("coordinator→worker2").between(0, 1)], times=3, every_s=2))

A small algebra, whose laws tests hold: `together` and `sequence` are associative, `together` does not care for the
order, and `nothing` changes neither. `Schedule` itself has `shifted`, `limited`, `repeat` and `+`.
"""

from functools import reduce
from operator import add
from typing import Final

from chaos.schedule import Lines, Schedule

nothing: Final = Schedule()
"""Breaks nothing."""


def together(*schedules: Lines) -> Schedule:
    """All of them at once, each from the start on."""
    return reduce(add, map(Schedule.of, schedules), nothing)


def sequence(*schedules: Lines) -> Schedule:
    """One after the other: each begins when the last fault before it is over.

    A fault that is open until the end of the load is over with its beginning, as far as those after it are concerned.
    """
    return reduce(lambda before, after: before + after.shifted(before.end_s), map(Schedule.of, schedules), nothing)


def repeat(schedule: Lines, *, times: int, every_s: float) -> Schedule:
    """The same `times` times, one beginning `every_s` seconds after the other; each draws its targets anew."""
    return Schedule.of(schedule).repeat(times, every_s=every_s)
