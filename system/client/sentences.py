"""What the client asks about: a few sentences of its own, or a file's."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Final

import orjson

BUILT_IN: Final = (
    "I would watch this again tomorrow.",
    "The soup was cold and so was the waiter.",
    "A small film with a large heart.",
    "Nothing in these two hours earns your attention.",
    "She plays the part as if it had been written for her.",
    "The plot falls apart long before the bridge does.",
    "It made the whole row laugh, the critics included.",
    "Loud, long and tired.",
    "Best meal we have had in this town for years.",
    "The battery died on the second day and support never replied.",
    "Every scene is a pleasure to look at.",
    "A sequel that nobody wanted, made by nobody who cared.",
    "Warm, clever and never in a hurry.",
    "I asked for my money back.",
    "The music alone is worth the ticket.",
    "It arrived broken, twice.",
)


def read(file: Path) -> tuple[str, ...]:
    """One sentence a line; or, in a file called .jsonl, one object with a "text" a line. Empty lines are passed over.

    ValueError lists everything that is wrong.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise ValueError(f"{file}: cannot be read: {problem}") from problem
    found: list[str] = []
    problems: list[str] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        text = _text_of(line) if file.suffix == ".jsonl" else line
        if text:
            found.append(text)
        else:
            problems.append(f'line {number}: not a JSON object with a "text"')
    if not found and not problems:
        problems.append("it holds no sentence")
    if problems:
        raise ValueError(f"{file}: {'; '.join(problems)}")
    return tuple(found)


def endless(sentences: Sequence[str], rng: Random) -> Iterator[str]:
    """Every one once in random order before any comes again."""
    while True:
        yield from rng.sample(sentences, len(sentences))


def _text_of(line: str) -> str | None:
    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    text = fields.get("text") if isinstance(fields, dict) else None
    return text if isinstance(text, str) else None
