"""What can be wrong with the parameters of faults, which may come from a file that somebody wrote."""

import math
from collections.abc import Iterable, Iterator


def number_problems(name: str, value: object, *, least: int) -> Iterator[str]:
    """Of a whole number, as all of Toxiproxy's are."""
    if isinstance(value, bool) or not isinstance(value, int):
        yield f"{name} {value!r} is not a whole number"
    elif value < least:
        yield f"{name} {value} is less than {least}"


def share_problems(name: str, value: object) -> Iterator[str]:
    """Of a part that is neither nothing nor all."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        yield f"{name} {value!r} is not a number"
    elif not 0 < value < 1:
        yield f"{name} {value} is not above 0 and below 1"


def text_problems(name: str, value: object) -> Iterator[str]:
    """Of a text that something is to contain."""
    if not isinstance(value, str):
        yield f"{name} {value!r} is no text"
    elif not value:
        yield f"{name} '' is part of everything"


def choice_problems(name: str, value: object, choices: Iterable[object]) -> Iterator[str]:
    choices = tuple(choices)
    if value not in choices:
        yield f"{name} {value!r} is none of {', '.join(map(str, choices))}"
