"""What asks a coordinator as live pages do, without the pages: a browser and Streamlit would take its cores as well.

python -m tests.bench.watching URL COUNT     prints "watching" once all have seen it; ends with its standard input

All pages of one dashboard share one `Watch`; COUNT is of dashboards, then, each with any number of pages open.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from dashboard.watch import Watch

PATIENCE_S: Final = 10.0


def main() -> None:
    url, count = sys.argv[1], int(sys.argv[2])
    with ExitStack() as scopes:
        for _ in range(count):
            watch = Watch(url)
            watch.look()  # the first asks for all that the coordinator remembers, the others for what is new
            if watch.seen.problem is not None:
                sys.exit(watch.seen.problem)
            watch.start()
            scopes.callback(watch.stop)
        sys.stdout.write("watching\n")
        sys.stdout.flush()
        sys.stdin.read()


@contextmanager
def watched(url: str, count: int) -> Iterator[subprocess.Popen[bytes]]:
    """The coordinator at `url` is watched `count` times from here to the end, by one process."""
    command = (sys.executable, "-m", "tests.bench.watching", url, str(count))
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"watching\n"
        yield process
    finally:
        process.stdin.close()
        try:
            process.wait(PATIENCE_S)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


if __name__ == "__main__":
    main()
