"""One contract: a fault shows itself in the same way wherever the cluster runs.

The simulated substrate is always held to it. That of a session, by `pytest -m chaos --substrate …`, is too.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from rich.console import Console

from chaos.clusters.cluster import Cluster
from chaos.clusters.simulated.cluster import SimulatedCluster
from chaos.clusters.simulated.virtual_time import run
from chaos.faults import (
    bandwidth,
    blackhole,
    crash,
    down,
    fail_rpc,
    latency,
    limit_data,
    pause,
    reset,
    slice,  # noqa: A004 - its name everywhere
    slow_close,
    slow_model,
    starve_cpu,
    terminate,
)
from chaos.faults.aim import Aimed
from chaos.substrate import REQUIRED, Substrate, SubstrateMissing, launcher, required
from tests.chaos.clusters.conformance import SLOW, Lines, Seen, file_lines, seen

WORKER, COORDINATOR = "worker1", "coordinator"
EDGE, ENTRY = "coordinator→worker1", "client→coordinator"
NO_HEARTBEAT = "no heartbeat for 0.5 s"
ANSWERED = frozenset({"ok 200"})


@dataclass(frozen=True)
class Contract:
    """What must be seen of a fault, and what may be, where chance decides whether a batch was sent just before.

    Of `asked`, at least one.
    """

    attempts: frozenset[str] = frozenset()
    opinions: frozenset[str] = frozenset()
    under_way: frozenset[str] = ANSWERED
    asked: frozenset[str] = ANSWERED
    arrived: bool = True
    may_attempts: frozenset[str] = frozenset()
    may_opinions: frozenset[str] = frozenset()
    may_asked: frozenset[str] = frozenset()

    def holds(self, seen: Seen) -> None:
        assert seen.bit
        assert seen.healed
        assert self.attempts <= seen.attempts <= self.attempts | self.may_attempts
        assert self.opinions <= seen.opinions <= self.opinions | self.may_opinions
        assert self.under_way <= seen.under_way <= self.under_way | ANSWERED
        assert seen.asked & self.asked
        assert seen.asked <= self.asked | self.may_asked
        assert seen.arrived is self.arrived


def words(*given: str) -> frozenset[str]:
    return frozenset(given)


CUT = Contract(words("cut"), words("cut"), may_attempts=words("not_sent"), may_opinions=words("not_sent"))
# Nobody hears of it, and then the proxy closes what it swallowed.
SWALLOWED = Contract(words("silent"), words(NO_HEARTBEAT), may_opinions=words("cut", "not_sent"))
SLOWER = Contract()
NOBODY = words("info no reply")
SILENCE = words("info silence")

CONTRACTS: dict[str, tuple[Aimed, Contract]] = {
    "crash of a worker": (crash(WORKER), CUT),
    "pause of a worker": (pause(WORKER), Contract(words("silent"), words(NO_HEARTBEAT))),
    "terminate of a worker": (
        terminate(WORKER),
        Contract(opinions=words("not_serving"), may_attempts=words("not_serving"), may_opinions=words("not_sent")),
    ),
    "latency to a worker": (latency(EDGE, ms=400), SLOWER),
    "blackhole to a worker": (blackhole(EDGE), SWALLOWED),
    "blackhole to a worker, up": (blackhole(EDGE, direction="up"), SWALLOWED),
    "blackhole to a worker, down": (blackhole(EDGE, direction="down"), SWALLOWED),
    "reset to a worker": (reset(EDGE), CUT),
    "reset to a worker, down": (reset(EDGE, direction="down"), CUT),
    "down to a worker": (down(EDGE), CUT),
    # At half of that, health checks wait behind batches for as long as they are waited for.
    "bandwidth to a worker": (bandwidth(EDGE, kb_per_s=2), SLOWER),
    "slices to a worker": (slice(EDGE), SLOWER),
    "few bytes from a worker": (limit_data(EDGE, bytes=200), CUT),
    # As many as ten simulated frames have: the last one arrives, and then the end.
    "whole frames from a worker": (limit_data(EDGE, bytes=600), CUT),
    "few bytes to a worker": (limit_data(EDGE, bytes=150, direction="up"), CUT),
    "slow ends to a worker": (slow_close(EDGE, ms=500), SLOWER),
    "a worker's slow model": (slow_model(WORKER, ms=200), SLOWER),
    "a worker's failing calls": (fail_rpc(WORKER, times=2), Contract(words("cut"), words("cut"))),
    "a worker's errors": (
        fail_rpc(WORKER, status="INTERNAL"),  # what is refused travels alone from then on, which takes time
        Contract(words("refused"), may_opinions=words("refused")),
    ),
    "a starved worker": (starve_cpu(WORKER), Contract(may_attempts=words("silent"), may_opinions=words(NO_HEARTBEAT))),
    "crash of the coordinator": (crash(COORDINATOR), Contract(under_way=NOBODY, asked=NOBODY, arrived=False)),
    "pause of the coordinator": (pause(COORDINATOR), Contract(under_way=SILENCE, asked=SILENCE, arrived=False)),
    # It refuses by words for a tenth of a second, and is then gone from its port. A container is told a little later:
    # who asks at once may still be let in.
    "terminate of the coordinator": (
        terminate(COORDINATOR),
        Contract(asked=words("fail 503") | NOBODY, may_asked=ANSWERED, arrived=False),
    ),
    "latency from clients": (latency(ENTRY, ms=400), SLOWER),
    "bandwidth from clients": (bandwidth(ENTRY, kb_per_s=1), SLOWER),
    "slices from clients": (slice(ENTRY), SLOWER),
    "few bytes to clients": (limit_data(ENTRY, bytes=100), Contract(under_way=NOBODY, asked=NOBODY)),
    "blackhole from clients": (blackhole(ENTRY), Contract(under_way=SILENCE, asked=SILENCE, arrived=False)),
    "blackhole from clients, up": (blackhole(ENTRY, direction="up"), Contract(asked=SILENCE, arrived=False)),
    "blackhole from clients, down": (
        blackhole(ENTRY, direction="down"),
        Contract(under_way=SILENCE, asked=SILENCE),
    ),
    "reset from clients": (reset(ENTRY), Contract(asked=NOBODY, arrived=False)),
    "reset from clients, down": (reset(ENTRY, direction="down"), Contract(under_way=NOBODY, asked=NOBODY)),
    "down from clients": (down(ENTRY), Contract(under_way=NOBODY, asked=words("fail no reply"), arrived=False)),
}


def simulated(aimed: Aimed, seed: int) -> Seen:
    async def carried_out() -> Seen:
        async with SimulatedCluster(SLOW, logs=None, seed=seed) as cluster:
            return await seen(cluster, lambda node: list(cluster.lines[node]), aimed)

    return run(carried_out())


@pytest.mark.parametrize("name", CONTRACTS)
def test_the_simulation_holds_the_contract(name: str) -> None:
    aimed, contract = CONTRACTS[name]
    for seed in range(3):
        contract.holds(simulated(aimed, seed))


@dataclass(frozen=True)
class Running:
    cluster: Cluster
    lines: Lines


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """One cluster of the session's substrate for all of them: to start one takes longer than a fault lasts."""
    substrate = Substrate(pytestconfig.getoption("--substrate"))
    if substrate is Substrate.SIMULATED:
        pytest.skip("the simulation is held to the contract without being asked")
    try:
        launch = launcher(substrate, Console(stderr=True))
    except SubstrateMissing as missing:
        if required(substrate.value):
            pytest.fail(f"{REQUIRED} names {substrate.value}, but {missing}", pytrace=False)
        pytest.skip(str(missing))
    logs = tmp_path_factory.mktemp("logs")
    async with launch(SLOW, logs, seed=1) as cluster:
        yield Running(cluster, file_lines(logs))


@pytest.mark.chaos
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", CONTRACTS)
async def test_the_substrate_of_this_session_holds_the_contract(name: str, running: Running) -> None:
    aimed, contract = CONTRACTS[name]
    await running.cluster.heal()
    contract.holds(await seen(running.cluster, running.lines, aimed))
