"""Pieces of HTML that pages are made of. Every text that comes from outside is escaped here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.resources import files

from markupsafe import Markup

from reports.palette import Colour, colours


def style(*, dark: bool) -> Markup:
    """The look that all pages share, in the colours of the theme."""
    variables = "".join(f"--{each.name}:{each.dark if dark else each.light};" for each in colours())
    rules = (files("dashboard") / "dashboard.css").read_text(encoding="utf-8")
    return Markup("<style>:root{{{}}}{}</style>").format(Markup(variables), Markup(rules))  # noqa: S704 - ours


def heading(title: str, about: str = "", *, level: int = 1) -> Markup:
    below = Markup('<p class="b-quiet">{}</p>').format(about) if about else ""
    return Markup("<h{0} class='b-h{0}'>{1}</h{0}>{2}").format(level, title, below)


def tiles(figures: Iterable[tuple[str, str, str]]) -> Markup:
    """Figures side by side: name, value, and the palette's name of the colour that the value has."""
    cells = Markup("").join(
        Markup('<div><dt>{}</dt><dd style="color:var(--{})">{}</dd></div>').format(name, tone, value)
        for name, value, tone in figures
    )
    return Markup('<dl class="b-tiles">{}</dl>').format(cells)


def banner(tone: Colour, glyph: str, first: str, then: str = "") -> Markup:
    """What a reader must not miss."""
    return Markup(
        '<div class="b-banner" role="status" style="--tone:var(--{})"><span aria-hidden="true">{}</span>'
        "<p><strong>{}</strong> {}</p></div>"
    ).format(tone.name, glyph, first, then)


def told(glyph: str, word: str, tone: Colour) -> Markup:
    """A word that carries a meaning, with its shape and colour."""
    return Markup('<span class="b-told" style="color:var(--{})"><i aria-hidden="true">{}</i> {}</span>').format(
        tone.name, glyph, word
    )


def table(
    caption: str, headings: Sequence[str], rows: Iterable[Sequence[object]], *, numeric: Iterable[int] = ()
) -> Markup:
    """Cells that are Markup stay as they are; everything else is text. `numeric` columns stand to the right."""
    right = set(numeric)
    kind = ['class="b-num"' if number in right else "" for number in range(len(headings))]
    head = Markup("").join(
        Markup("<th scope='col' {}>{}</th>").format(Markup(each), name)  # noqa: S704
        if name
        else Markup("<td></td>")  # a heading that says nothing is none
        for each, name in zip(kind, headings, strict=True)
    )
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(
                Markup("<td {}>{}</td>").format(Markup(each), cell)  # noqa: S704
                for each, cell in zip(kind, row, strict=True)
            )
        )
        for row in rows
    )
    return Markup(
        '<div class="b-scroll" tabindex="0" role="region" aria-label="{}"><table class="b-table">'
        "{}<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"
    ).format(caption or headings[0], Markup("<caption>{}</caption>").format(caption) if caption else "", head, body)
