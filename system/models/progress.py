"""How far a download is, and ways to tell a person or a log."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, NoReturn, TypeAlias

from structlog.typing import FilteringBoundLogger

MEGABYTE: Final = 1e6


@dataclass(frozen=True, slots=True)
class Progress:
    """One file's bytes on this machine so far."""

    file: str
    url: str
    done: int
    total: int | None
    """None: the server does not say."""
    elsewhere: bool = False
    """Another process downloads it, and this one waits."""


Tell: TypeAlias = Callable[[Progress], None]


def in_silence(_: Progress) -> None:
    """For callers with nobody to talk to."""


def in_log(log: FilteringBoundLogger) -> Tell:
    """A line each time."""

    def tell(progress: Progress) -> None:
        event = "another process is downloading" if progress.elsewhere else "downloading"
        done_mb = round(progress.done / MEGABYTE, 1)
        total_mb = None if progress.total is None else round(progress.total / MEGABYTE, 1)
        log.info(event, file=progress.file, url=progress.url, done_mb=done_mb, total_mb=total_mb)

    return tell


@contextmanager
def shown(say: Tell) -> Iterator[Tell]:
    """Bars where a person watches stderr; elsewhere `say`, called a few times a file."""
    if sys.stderr.isatty():
        with _bars() as tell:
            yield tell
    else:
        yield by_tenths(say)


def by_tenths(say: Tell) -> Tell:
    """Pass on the first word about a file, and then one at each tenth of it: a log wants few lines."""
    told: dict[str, int] = {}

    def tell(progress: Progress) -> None:
        tenth = 10 * progress.done // progress.total if progress.total else 0
        if tenth > told.get(progress.file, -1):
            told[progress.file] = tenth
            say(progress)

    return tell


@contextmanager
def _bars() -> Iterator[Tell]:
    """One bar a file."""
    from tqdm import tqdm  # noqa: PLC0415 - 0.1 s, for who watches a download only

    bars: dict[str, tqdm[NoReturn]] = {}

    def tell(progress: Progress) -> None:
        if progress.file not in bars:
            # Of its own accord it would show nothing in a terminal that does not tell its size.
            columns, lines = shutil.get_terminal_size()
            bars[progress.file] = tqdm(
                desc=progress.file, initial=progress.done, unit="B", unit_scale=True, ncols=columns, nrows=lines
            )
        bar = bars[progress.file]
        bar.total = progress.total
        bar.update(progress.done - bar.n)

    try:
        yield tell
    finally:
        for bar in bars.values():
            bar.close()
