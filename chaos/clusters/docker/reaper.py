"""Sweeps up after a harness that was killed, or lost its engine: `python -m chaos.clusters.docker.reaper LABEL`.

It waits at the other end of a pipe that the harness holds. Told that all is well it ends; when the pipe closes without
a word, everything with the label goes, as soon as there is an engine that answers.
"""

import os
import sys
import time
from typing import Final

WELL: Final = b"well"
PATIENCE_S: Final = 600.0  # with an engine that is gone; what is left then is for the next session to find
BETWEEN_S: Final = 0.5
LOOKS: Final = 3  # in a row that find nothing


def main() -> None:
    label = sys.argv[1]
    if sys.stdin.buffer.read() == WELL:
        return
    if os.fork():
        os._exit(0)  # a harness that is still there need not wait
    # Only now: most of these processes end without ever asking the engine anything.
    from chaos.clusters.cluster import ClusterProblem  # noqa: PLC0415
    from chaos.clusters.docker.engine import FAILURES  # noqa: PLC0415

    until, clean = time.monotonic() + PATIENCE_S, 0
    # What the engine was just told to make when the harness died appears after a first look.
    while clean < LOOKS and time.monotonic() < until:
        try:
            clean = 0 if swept(label) else clean + 1
        except (*FAILURES, ClusterProblem):
            clean = 0
        time.sleep(BETWEEN_S)


def swept(label: str) -> list[str]:
    from chaos.clusters.docker.engine import connect, sweep  # noqa: PLC0415 - as above

    engine = connect()
    try:
        return sweep(engine, label)
    finally:
        engine.close()


if __name__ == "__main__":
    main()
