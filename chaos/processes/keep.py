"""Wait until whoever holds the other end of standard input is gone, then kill the process groups it spoke of.

Run as a script by `keeper`, never imported. A line `+PID` is a group to look after, `-PID` one that is over. It ignores
what a terminal or a careful `kill` sends to everybody at once, and ends by itself when its input does.
"""

import os
import signal
import sys
import time

ROUNDS = 5  # a program may start another one in the very moment it is killed
BETWEEN_S = 0.05


def main() -> None:
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(each, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        sign, group = line[0], int(line[1:])
        if sign == "+":
            groups.add(group)
        else:
            groups.discard(group)
    for _ in range(ROUNDS):
        groups = {group for group in groups if killed(group)}
        if not groups:
            break
        time.sleep(BETWEEN_S)


def killed(group: int) -> bool:
    """Whether there was anybody left to kill."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # macOS says the latter of zombies
        return False
    return True


if __name__ == "__main__":
    main()
