"""How messages count, list, name and place things. Whoever reads them may be tired: numbers first, names short."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reports.history import Request
from reports.windows import FaultWindow


def count(number: int, noun: str) -> str:
    """`1 request`, `2 requests`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listing(items: Sequence[str], at_most: int = 5) -> str:
    """The first few, and how many more there are."""
    more = len(items) - at_most
    return ", ".join(items[:at_most]) + (f" and {more} more" if more > 0 else "")


def unanswered(request: Request) -> str:
    """A request that was not answered ok, and what came instead."""
    if request.completed is None:
        return f"{request.label} (never answered)"
    return f"{request.label} ({request.completed.error or request.completed.type.value})"


def span(times_s: Iterable[float]) -> str:
    """`at 1.50 s`, or `between 1.50 s and 2.00 s`."""
    ordered = sorted(times_s)
    first, last = f"{ordered[0]:.2f} s", f"{ordered[-1]:.2f} s"
    return f"at {first}" if first == last else f"between {first} and {last}"


def in_force(windows: Iterable[FaultWindow], start_s: float, end_s: float) -> str:
    """The faults that were in force at any moment of the time given, or that there were none."""
    names = dict.fromkeys(window.name for window in windows if window.overlaps(start_s, end_s))
    return f"in force: {listing(tuple(names))}" if names else "no fault in force"
