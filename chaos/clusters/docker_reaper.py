"""Sweeps up after a harness that was killed: `python -m chaos.clusters.docker_reaper LABEL`.

It waits at the other end of a pipe that the harness holds. Told that all is well it ends; when the pipe closes without
a word, the harness is gone, and everything with the label goes too.
"""

import sys
from typing import Final

WELL: Final = b"well"


def main() -> None:
    label = sys.argv[1]
    if sys.stdin.buffer.read() == WELL:
        return
    # Only now: most of these processes end without ever asking the engine anything.
    from chaos.clusters.docker_engine import connect, sweep  # noqa: PLC0415

    engine = connect()
    try:
        sweep(engine, label)
    finally:
        engine.close()


if __name__ == "__main__":
    main()
