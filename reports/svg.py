"""A chart as SVG that belongs into a page: no script, scaled by the page, in the colours of the page's theme."""

from __future__ import annotations

import re
from html import escape
from typing import Final

import altair as alt
import vl_convert

from reports.palette import colours

TAG: Final = re.compile(r"<[^>]+>")
LONG_NUMBER: Final = re.compile(r"\d+\.\d{3,}(?:e-?\d+)?")
SIZE: Final = re.compile(r' width="[\d.]+" height="[\d.]+"')
COLOUR: Final = re.compile(r'="(#[0-9a-f]{6})"')


def inline_svg(chart: alt.TopLevelMixin, name: str, description: str) -> str:
    """Draw `chart`. `name` is unique in the page: it keeps the clip paths of two drawings apart.

    Colours of the palette become its CSS variables, with the light colour where the page defines none.
    """
    variables = {colour.light: f'="var(--{colour.name}, {colour.light})"' for colour in colours()}
    drawn = vl_convert.vegalite_to_svg(chart.to_dict(validate=False))

    def tidy(match: re.Match[str]) -> str:
        tag = LONG_NUMBER.sub(lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), match[0])
        tag = tag.replace('"clip', f'"{name}-clip').replace("#clip", f"#{name}-clip")
        return COLOUR.sub(lambda colour: variables.get(colour[1], colour[0]), tag)

    opening, _, rest = drawn.partition(">")
    opening = SIZE.sub("", opening, count=1)
    return f'{opening} role="img" aria-label="{escape(description)}">' + TAG.sub(tidy, rest)
