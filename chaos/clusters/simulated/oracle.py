"""What the model of a simulated worker says to a text."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b

from system.coordinator.core.worker import Answer


class Oracle:
    """The golden answer where there is one; to any other text, always the same."""

    def __init__(self, expected: Callable[[str], str | None]) -> None:
        self._expected = expected
        self._said: dict[str, Answer] = {}

    def __call__(self, text: str) -> Answer:
        said = self._said.get(text)
        if said is None:
            drawn = blake2b(text.encode(errors="surrogatepass"), digest_size=2).digest()
            label = self._expected(text) or ("POSITIVE" if drawn[0] & 1 else "NEGATIVE")
            said = self._said[text] = Answer(label, 0.75 + drawn[1] / 1024)
        return said
