"""The pages of the documentation, as tests read them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = ROOT / "docs"

# A program is named by a comment above it, which no page shows.
PROGRAM: Final = re.compile(r"^(?:<!-- (?P<name>.+?) -->\n)?```python\n(?P<text>.*?)^```", re.DOTALL | re.MULTILINE)
COMMANDS: Final = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Program:
    """`name` is the file that the page says it belongs in; None where it does not say."""

    page: str
    name: str | None
    text: str


def pages() -> list[Path]:
    return sorted(DOCS.rglob("*.md"))


def programs() -> list[Program]:
    return [
        Program(str(page.relative_to(DOCS)), found["name"], found["text"])
        for page in pages()
        for found in PROGRAM.finditer(page.read_text(encoding="utf-8"))
    ]


def commands() -> dict[str, list[str]]:
    """The lines of each page that a reader is to type."""
    return {
        str(page.relative_to(DOCS)): [
            line for block in COMMANDS.findall(page.read_text(encoding="utf-8")) for line in block.splitlines()
        ]
        for page in pages()
    }
