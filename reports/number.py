"""Figures and values as a page writes them."""

from __future__ import annotations

from typing import Final

import orjson

LONGEST: Final = 160  # characters of a value that came from outside
NOT_MEASURED: Final = "\N{EN DASH}"


def number(value: object) -> str:
    """Three digits that count, and thousands apart; a dash for what was not measured."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return NOT_MEASURED if value is None else short(value)
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def short(value: object) -> str:
    """On one line, and no longer than a line."""
    text = value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
