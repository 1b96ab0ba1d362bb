"""What the system can answer on this machine at this moment."""

from __future__ import annotations

import os
from typing import Final

from chaos.bundled import bundled
from chaos.experiment import Experiment
from chaos.invariants import no_loss
from chaos.system_under_test import SystemUnderTest
from chaos.workload import closed

WORKERS: Final = 3
SHARE: Final = 0.7  # of the capacity: a load that two of three workers can just about carry
CLIENTS: Final = 24  # each worker computes a batch of three and holds the next one; a few more on their way
WARM_UP_S: Final = 2.0
MEASURED_S: Final = 6.0


def delayed(seconds: float = 0.0) -> SystemUnderTest:
    """The bundled system, whose workers wait up to so many seconds before each batch; ENDURANCE_MAX_DELAY replaces it.

    Where they wait, the waiting is what bounds the capacity, and neighbours on a busy machine take nothing of it away.
    """
    return bundled(WORKERS, worker={"MAX_DELAY": os.environ.get("ENDURANCE_MAX_DELAY", f"{seconds:g}")})


async def capacity_rps(experiment: Experiment, system: SystemUnderTest) -> float:
    """Answers per second to clients that ask again as soon as they are answered."""
    ends_s = WARM_UP_S + MEASURED_S
    run = await experiment(closed(CLIENTS, ends_s), system=system)
    run.holds(no_loss())
    return len(run.answers(between=(WARM_UP_S, ends_s))) / MEASURED_S
