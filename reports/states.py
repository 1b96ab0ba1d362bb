"""The state of each worker over time, from samples of what the coordinator said of them. A gap is a gap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from types import MappingProxyType
from typing import Any, Final

MEANINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "starting": "not heard of yet",
        "suspected": "it answers no health check",
        "down": "an attempt failed or its connection is gone",
        "ejected": "left out for a while, as its batches went badly",
        "trial": "heard of again and given one batch, whose answer makes it up",
        "leaving": "no member any more once its batches are back",
    }
)
GAP_S: Final = 3.0  # without a sample for so long, nobody knows what a worker was
UP: Final = "up"
TOLD: Final = 4  # states of a spell that are named one by one


def meanings(states: Iterable[str]) -> str:
    """What those of them but up are, in one sentence each; nothing where all are up or of a system that is not ours."""
    seen = {*states}
    return " ".join(f"{name.capitalize()}: {words}." for name, words in MEANINGS.items() if name in seen)


@dataclass(frozen=True, slots=True)
class StateSpan:
    """`worker` was in `state` whenever it was looked at in [start_s, end_s)."""

    worker: str
    state: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Spell:
    """`worker` was not up in [start_s, end_s) but `states`, in their order; `over` where it was up after that."""

    worker: str
    states: tuple[str, ...]
    start_s: float
    end_s: float
    over: bool

    @property
    def words(self) -> str:
        """Its states; of many, the first and the last."""
        told = self.states if len(self.states) <= TOLD else (*self.states[: TOLD - 1], "…", self.states[-1])
        return " → ".join(told)


@dataclass(frozen=True, slots=True)
class Look:
    """What was said of all workers at one moment: worker → state."""

    at_s: float
    states: Mapping[str, str]


def looks(statuses: Iterable[tuple[float, int, Mapping[str, Any]]]) -> tuple[Look, ...]:
    """From the statuses of a record; workers of systems that name no state are up or down by `alive`."""
    return tuple(Look(at_s, states_of(status)) for at_s, _, status in statuses)


def states_of(status: Mapping[str, Any]) -> dict[str, str]:
    """Worker → state, of one /status; what has no id is left out."""
    workers = status.get("workers")
    return {
        str(each["id"]): str(each.get("state") or ("up" if each.get("alive") else "down"))
        for each in (workers if isinstance(workers, list) else ())
        if isinstance(each, Mapping) and "id" in each
    }


def state_spans(looked: Iterable[Look], until_s: float, *, gap_s: float = GAP_S) -> tuple[StateSpan, ...]:
    """Spans by worker and time. A state lasts until the next look, and no longer than `gap_s` without one.

    `until_s` is where the picture ends: the last look counts until there, within the same bound.
    """
    open_spans: dict[str, StateSpan] = {}
    closed: list[StateSpan] = []
    moments = list(looked)
    ends = [*(later.at_s for _, later in pairwise(moments)), until_s]
    for look, next_s in zip(moments, ends, strict=False):
        end_s = next_s if next_s - look.at_s <= gap_s else look.at_s
        for worker, state in look.states.items():
            before = open_spans.get(worker)
            if before is not None and before.state == state and before.end_s == look.at_s:
                open_spans[worker] = StateSpan(worker, state, before.start_s, end_s)
            else:
                if before is not None:
                    closed.append(before)
                open_spans[worker] = StateSpan(worker, state, look.at_s, end_s)
    spans = [span for span in (*closed, *open_spans.values()) if span.end_s > span.start_s]
    return tuple(sorted(spans, key=lambda span: (span.worker, span.start_s)))


def spells(spans: Iterable[StateSpan]) -> tuple[Spell, ...]:
    """The times at which a worker was not up, by worker and time. Beyond a gap another begins."""
    found: list[Spell] = []
    under_way: Spell | None = None
    for span in sorted(spans, key=lambda span: (span.worker, span.start_s)):
        follows = under_way is not None and (under_way.worker, under_way.end_s) == (span.worker, span.start_s)
        if under_way is not None and not (follows and span.state != UP):
            found.append(replace(under_way, over=follows))
            under_way = None
        if span.state != UP:
            before = () if under_way is None else under_way.states
            start_s = span.start_s if under_way is None else under_way.start_s
            under_way = Spell(span.worker, (*before, span.state), start_s, span.end_s, over=False)
    return tuple(found if under_way is None else [*found, under_way])


def usual_s(moments: Sequence[float]) -> float | None:
    """How far apart moments in their order usually are; None of fewer than two."""
    return median(later - earlier for earlier, later in pairwise(moments)) if len(moments) > 1 else None
