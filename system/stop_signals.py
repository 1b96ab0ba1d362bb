"""The signals that ask a process to stop. Both functions are for its event loop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from typing import Final

STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


def hear(come: Callable[[str], None]) -> None:
    """From now on each calls `come` with its name."""
    for number in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, come, number.name)


def ignore() -> None:
    """From now on they change nothing. For when all is done: a loop that closes gives them back to the system, and one
    that comes while the interpreter ends would make a failure of a clean exit.
    """
    for number in STOP_SIGNALS:
        asyncio.get_running_loop().remove_signal_handler(number)
        signal.signal(number, signal.SIG_IGN)
