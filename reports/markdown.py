"""A run, or a session of them, as Markdown: for a pull request, an incident review, a chat."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from reports.broken import COLUMNS

if TYPE_CHECKING:
    from reports.index import RunEntry
    from reports.page import Page

SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>()#+!|~&-])")


def run_markdown(page: Page) -> str:
    """Verdict, figures, what was promised and what was broken, from the same page as the report."""
    about = ", ".join(f"{name} {value}" for name, value in page.about)
    parts = [
        f"## {page.glyph} {plain(page.scenario)}: {page.verdict}",
        f"{plain(page.headline)}. {plain(page.summary)}",
        plain(about),
        table(
            [tile.name for tile in page.tiles],
            [[f"{tile.value} {tile.unit}".strip() for tile in page.tiles]],
        ),
        table(
            ["verdict", "invariant", "what was found"],
            [[f"{row.glyph} {row.verdict}", row.name, row.message] for row in page.judged],
        ),
    ]
    if page.broken:
        rows = [
            [
                *(row.kind, row.target, row.when, row.noticed, row.worker_back, row.service_back, row.paid),
                f"{row.bit}: {row.evidence}",
            ]
            for row in page.broken
        ]
        parts.append(table(COLUMNS, rows))
        parts.append(plain(page.broken_how))
    if page.replay:
        parts.append(shell(page.replay))
    return "\n\n".join(part for part in parts if part) + "\n"


def session_markdown(entries: Iterable[RunEntry]) -> str:
    """A line for each run, in the order given."""
    rows = [
        [
            each.word,
            each.scenario,
            each.substrate,
            _figure(each.figure("requests")),
            _figure(each.figure("failed")),
            _figure(each.figure("unknown")),
            _figure(each.figure("retries")),
            _figure(each.figure("goodput_rps")),
            _figure(each.figure("p99_ms")),
            each.problem or each.why,
        ]
        for each in entries
    ]
    names = [
        *("verdict", "scenario", "substrate", "requests", "failed", "unknown", "retries", "answers per s", "p99, ms"),
        "what decided it",
    ]
    return table(names, rows) + "\n"


def plain(text: str) -> str:
    """Text that Markdown reads as nothing but text, on one line."""
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))


def shell(command: str) -> str:
    """A command for copying."""
    # A fence longer than any run of backticks inside it cannot be closed by what is inside.
    fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", command)), default=0))
    return f"{fence}sh\n{command}\n{fence}"


def table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Rows under their names, of plain text."""
    head = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    return "\n".join([*head, *(f"| {' | '.join(map(plain, row))} |" for row in rows)])


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:,.4g}"
