"""Become another program, tied to the life of the process that asked: `python launch.py PARENT_PID PROGRAM ARG...`.

Run as a script by `process`, never imported, so it costs a bare interpreter start (about 20 ms) and nothing more.
Setting the death signal in the child between fork and exec (`preexec_fn`) would save that, but runs Python in the fork
of a threaded process, which may deadlock and which Python 3.12 warns of. The signal survives exec, so it is set here.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def main() -> None:
    parent, *argv = sys.argv[1:]
    if sys.platform == "linux":
        if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
            sys.exit(f"prctl(PR_SET_PDEATHSIG): {os.strerror(ctypes.get_errno())}")
        # The parent may have died before the signal was asked for; then nobody would ever send it.
        if os.getppid() != int(parent):
            sys.exit(f"parent {parent} is already gone")
    # Python ignores these two and ignored signals survive exec; the program gets the defaults it expects.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - no shell is the point
    except OSError as problem:
        sys.exit(f"{argv[0]}: {problem.strerror}")


if __name__ == "__main__":
    main()
