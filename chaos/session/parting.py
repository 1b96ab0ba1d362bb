"""How a session takes leave when somebody else decides that it is over."""

import ctypes
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

PR_SET_PDEATHSIG: Final = 1  # <linux/prctl.h>


@contextmanager
def sigterm_as_ctrl_c() -> Iterator[None]:
    """Inside, SIGTERM (of a CI job that is cancelled, say) ends the session as Ctrl-C does: healed, told, cleaned up.

    Whoever already listens for it keeps it; without this, it ends Python on the spot and no run gets its verdict.
    """
    mine = threading.current_thread() is threading.main_thread()
    if not mine or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def die_with_parent() -> None:
    """A worker of xdist notices late that its controller was killed; its clusters should not live that much longer.

    Linux alone has this. Elsewhere a worker ends when it next speaks to its controller.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    if callable(signal.getsignal(signal.SIGINT)):
        # Through whoever listens for Ctrl-C now: pytest itself, or the runner of an event loop, which cancels its task.
        signal.raise_signal(signal.SIGINT)
    else:  # a shell that starts something in the background has Ctrl-C ignored
        raise KeyboardInterrupt
