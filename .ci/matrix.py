"""Runs tox environments for CI and ends with one line that sums up all their tests.

    python .ci/matrix.py ENVIRONMENT...

Exits 0 only if every environment succeeded, at least one test ran, and nothing that was started is still running.
Runs under the Python that has tox; needs nothing else beside the standard library, and Linux.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tally import tally_files

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / ".tox" / "junit"
GRACE_S = 5.0
"""How long what is left over may take to end by itself."""

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


def adopt_orphans() -> None:
    """Make this process the parent of every descendant whose own parent dies, so that none can get away unseen."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "cannot become the parent of orphans")


def living_children() -> dict[int, str]:
    """Process id and command line of each child that has not ended; those that have are reaped."""
    listing = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii")
    living = {}
    for pid in map(int, listing.split()):
        if os.waitpid(pid, os.WNOHANG) == (0, 0):
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            living[pid] = command.strip()
    return living


def end_leftovers(*, grace_s: float) -> dict[int, str]:
    """What was still running after its grace; it is killed."""
    deadline = time.monotonic() + grace_s
    while (left := living_children()) and time.monotonic() < deadline:
        time.sleep(0.1)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return left


def run_environment(name: str) -> bool:
    """Run one tox environment; a missing interpreter is a failure here."""
    began = time.monotonic()
    print(f"[{name}] ...", flush=True)
    command = [sys.executable, "-m", "tox", "run", "--skip-missing-interpreters=false", "-e", name]
    succeeded = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode == 0
    print(f"[{name}] {'ok' if succeeded else 'FAILED'}: {time.monotonic() - began:.0f} s", flush=True)
    return succeeded


def main(environments: list[str]) -> int:
    """Run them all, failed or not, then report."""
    for stale in RESULTS.glob("*.xml"):
        stale.unlink()
    adopt_orphans()
    failed = [name for name in environments if not run_environment(name)]
    leftovers = end_leftovers(grace_s=GRACE_S)
    tally = tally_files(sorted(RESULTS.glob("*.xml")))
    if failed:
        print(f"failed environments: {', '.join(failed)}")
    for pid, command in leftovers.items():
        print(f"left running, killed now: {pid} {command}")
    nothing_ran = tally.passed + tally.failed == 0
    if nothing_ran:
        print("no test ran")
    print(tally)
    return 1 if failed or leftovers or tally.failed or nothing_ran else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
