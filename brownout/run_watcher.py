"""What a person sees of a run that a command carries out: one line, redrawn in place at a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from chaos.progress import Moment, Progress, Say
from chaos.session.terminal import told


@dataclass(frozen=True, slots=True)
class ConsoleWatcher:
    """Elsewhere than at a terminal it shows nothing."""

    console: Console

    @contextmanager
    def watching(self, scenario: str) -> Iterator[Progress]:
        with self.telling(scenario) as say:
            yield Line(say)

    @contextmanager
    def telling(self, scenario: str) -> Iterator[Say]:
        with self.console.status(Text(scenario)) as status:
            yield lambda line: status.update(Text(f"{line}  ({scenario})"))


@dataclass(frozen=True, slots=True)
class Line:
    say: Say

    def moment(self, moment: Moment) -> None:
        self.say(told(moment))
