"""The limit that serving is measured against: one process and one thread for each worker, tokenisation included.

python -m tests.bench.bare SECONDS     prints texts per second, once a line "go" arrives on standard input
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import time

from chaos.inputs import sentences
from system.models.catalogue import EMBEDDED, read
from system.models.classifier import Classifier


def main() -> None:
    classifier = Classifier.load(read(EMBEDDED))
    texts = [sentence.text for sentence in sentences().load()]
    classifier.classify(texts[:50])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    seconds = float(sys.argv[1])
    began, took = time.perf_counter(), 0.0
    for done, text in enumerate(itertools.cycle(texts)):
        if (took := time.perf_counter() - began) >= seconds:
            sys.stdout.write(f"{done / took}\n")
            break
        classifier.classify_one(text)


async def bare_rate(processes: int, seconds: float) -> float:
    """Texts per second of `processes` models that compute side by side, all started before any begins."""
    running = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.bench.bare", str(seconds)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(processes)
    ]
    try:
        for process in running:
            assert process.stdout is not None
            assert await process.stdout.readline() == b"ready\n"
        answers = await asyncio.gather(*(process.communicate(b"go\n") for process in running))
    finally:
        for process in running:
            if process.returncode is None:
                process.kill()
            await process.wait()
    return sum(float(out) for out, _ in answers)


if __name__ == "__main__":
    main()
