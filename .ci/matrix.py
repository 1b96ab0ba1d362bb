"""Runs tox environments for CI and ends with one line that sums up all their tests.

    python .ci/matrix.py ENVIRONMENT[,ENVIRONMENT...]...

One after the other; those joined by commas side by side, as their tests mostly wait, for processes to start and for
faults to be noticed, or as each alone leaves a core idle. What is measured while it runs, as chaos scenarios on real
processes are, belongs on its own.

Exits 0 only if every environment succeeded, at least one test ran, and nothing that was started is still running,
neither as a process nor in a Docker engine.
Runs under the Python that has tox; needs nothing else beside the standard library, and Linux.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Thread

from tally import tally_files

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / ".tox" / "junit"
LABEL = "brownout"
"""On whatever our tests make in a Docker engine."""
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


def labelled() -> dict[str, tuple[str, ...]]:
    """Each container, network and volume of ours, if a Docker engine answers, and the command that removes it."""
    found: dict[str, tuple[str, ...]] = {}
    for kind, remove in (
        ("container", ("rm", "--force")),
        ("network", ("network", "rm")),
        ("volume", ("volume", "rm")),
    ):
        listing = ("docker", kind, "ls", "--quiet", "--filter", f"label={LABEL}")
        everything = ("--all",) if kind == "container" else ()
        try:
            listed = subprocess.run((*listing, *everything), capture_output=True, text=True, timeout=60, check=True)
        except (OSError, subprocess.SubprocessError):
            return {}
        found |= {f"{kind} {each}": ("docker", *remove, each) for each in listed.stdout.split()}
    return found


def tox(*arguments: str) -> tuple[str, ...]:
    """The command for it; a missing interpreter is a failure here."""
    return (sys.executable, "-m", "tox", "run", "--skip-missing-interpreters=false", *arguments)


def run_one(name: str, command: Sequence[str]) -> bool:
    """Run it as if it were ours, and say how it went."""
    began = time.monotonic()
    print(f"[{name}] ...", flush=True)
    code = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode
    return _ended(name, code, began)


def run_side_by_side(commands: Mapping[str, Sequence[str]]) -> list[str]:
    """Run them all at once, each line of theirs under its name. Returns the names of those that failed."""
    began = time.monotonic()
    failed = []

    def follow(name: str, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        for line in process.stdout:
            print(f"{name} | {line}", end="", flush=True)
        if not _ended(name, process.wait(), began):
            failed.append(name)

    followers = []
    for name, command in commands.items():
        print(f"[{name}] ...", flush=True)
        # Started by this thread, and not by the one that follows it: the kernel keeps children by thread.
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        followers.append(Thread(target=follow, args=(name, process)))
        followers[-1].start()
    for follower in followers:
        follower.join()
    return sorted(failed)


def run_environments(names: Sequence[str]) -> list[str]:
    """Run what one argument says. Returns the names of those that failed."""
    together = ",".join(names)
    if len(names) == 1:
        return [] if run_one(together, tox("-e", together)) else [together]
    # One after the other up to here: they share the wheel.
    if not run_one(f"{together}: install", tox("--notest", "-e", together)):
        return list(names)
    return run_side_by_side({name: tox("--skip-pkg-install", "-e", name) for name in names})


def _ended(name: str, code: int, began: float) -> bool:
    print(f"[{name}] {'FAILED' if code else 'ok'}: {time.monotonic() - began:.0f} s", flush=True)
    return code == 0


def main(environments: list[str]) -> int:
    """Run them all, failed or not, then report."""
    for stale in RESULTS.glob("*.xml"):
        stale.unlink()
    adopt_orphans()
    there_before = labelled()
    failed = [name for together in environments for name in run_environments(together.split(","))]
    leftovers = end_leftovers(grace_s=GRACE_S)
    tally = tally_files(sorted(RESULTS.glob("*.xml")))
    if failed:
        print(f"failed environments: {', '.join(failed)}")
    for pid, command in leftovers.items():
        print(f"left running, killed now: {pid} {command}")
    left_in_engine = {name: remove for name, remove in labelled().items() if name not in there_before}
    for name, remove in left_in_engine.items():
        print(f"left in the engine, removed now: {name}")
        subprocess.run(remove, stdout=subprocess.DEVNULL, check=False)
    nothing_ran = tally.passed + tally.failed == 0
    if nothing_ran:
        print("no test ran")
    print(tally)
    return 1 if failed or leftovers or left_in_engine or tally.failed or nothing_ran else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
