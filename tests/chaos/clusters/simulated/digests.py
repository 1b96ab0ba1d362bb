"""Digests of simulated runs, for comparing what processes, hash seeds and Pythons make of the same seeds.

`python -m tests.chaos.clusters.simulated.digests FIRST LAST` writes one line of JSON: a digest for each of these seeds.
"""

import hashlib
import json
import sys
from random import Random

import orjson

from chaos.bundled import bundled
from chaos.clusters.simulated.simulate import SimulatedRecord, simulate
from chaos.faults import blackhole, crash, down, latency, pause, reset, terminate
from chaos.faults.aim import Planned
from chaos.workload import poisson

WORKERS = ("worker1", "worker2")
SMALL = bundled(workers=2, worker={"MAX_DELAY": "0.05"})
LOAD = poisson(rate=25, seconds=2)


def digest(record: SimulatedRecord) -> str:
    """Of its history and of all its logs, byte by byte."""
    whole = hashlib.sha256()
    for op in record.history:
        whole.update(op.to_json())
    for node in sorted(record.lines):
        for line in record.log(node):
            whole.update(orjson.dumps(line))
    return whole.hexdigest()


def digests(seeds: range) -> dict[str, str]:
    return {str(seed): digest(simulate(LOAD, schedule(Random(seed)), seed=seed, system=SMALL)) for seed in seeds}


def schedule(rng: Random) -> list[Planned]:
    """One to three faults of different kinds, anywhere, but no two on one node: one would end what the other starts."""
    edges = [f"coordinator→{worker}" for worker in WORKERS] + ["client→coordinator"]
    first, second, third = rng.sample([*WORKERS, "coordinator"], 3)
    aimed = [
        crash(first),
        pause(second),
        terminate(third),
        latency(rng.choice(edges), ms=40, jitter_ms=20),
        blackhole(rng.choice(edges)),
        reset(rng.choice(edges), direction=rng.choice(("up", "down"))),
        down(rng.choice(edges)),
    ]
    return [
        each.between(start, start + rng.uniform(0.3, 1))
        for each in rng.sample(aimed, rng.randint(1, 3))
        for start in [rng.uniform(0.1, 1.5)]
    ]


def main() -> None:
    first, last = map(int, sys.argv[1:])
    print(json.dumps(digests(range(first, last + 1))))  # noqa: T201 - that is what it is for


if __name__ == "__main__":
    main()
