"""One line of what is going on: in place on a terminal, line by line in a log."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape


def in_silence(_: str) -> None:
    """For callers with nobody to talk to."""


@contextmanager
def narration(console: Console) -> Iterator[Callable[[str], None]]:
    """Gives a function that takes a sentence. Use a console on stderr where stdout carries the answer."""
    if not console.is_terminal:
        yield lambda sentence: console.print(sentence, markup=False, highlight=False, soft_wrap=True)
        return
    with console.status("looking for toxiproxy-server") as status:
        yield lambda sentence: status.update(escape(sentence))
