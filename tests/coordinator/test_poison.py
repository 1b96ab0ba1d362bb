"""Promise 5: the text that kills workers is found out; its batch mates and the fleet survive. Virtual time."""

from __future__ import annotations

import asyncio
import random

import pytest

from system.coordinator.core.errors import Poisonous, Quarantined
from tests.coordinator.conftest import Fleet, FleetMaker
from tests.coordinator.scripted import ScriptedWorker

pytestmark = pytest.mark.looptime

POISON = "poison"


def poison(f: Fleet, text: str = POISON) -> None:
    for worker in f.workers:
        worker.deadly.add(text)


async def test_poison_fails_alone_and_kills_no_more_than_poison_kills(fleet: FleetMaker) -> None:
    async with fleet(3, batch_size=8) as f:
        poison(f)
        mates = f.ask(*(f"mate{number}" for number in range(10)))
        (bad,) = f.ask(POISON)
        mates += f.ask(*(f"mate{number}" for number in range(10, 20)))
        with pytest.raises(Poisonous, match="killed 2 workers") as failure:
            await bad
        assert (failure.value.status, failure.value.kind) == (422, "poison")
        assert len([await mate for mate in mates]) == 20
        assert sum(worker.deaths for worker in f.workers) == 2
        assert f.books() == (21, 20, 1, 0)


@pytest.mark.parametrize("kills", [2, 3])
async def test_poison_kills_bounds_the_deaths(fleet: FleetMaker, kills: int) -> None:
    async with fleet(4, batch_size=4, poison_kills=kills) as f:
        poison(f)
        mates = f.ask("a", "b", "c")
        (bad,) = f.ask(POISON)
        with pytest.raises(Poisonous):
            await bad
        assert sum(worker.deaths for worker in f.workers) == kills
        assert len([await mate for mate in mates]) == 3


async def test_poison_in_the_held_batch_kills_no_more_than_poison_in_the_computed_one(fleet: FleetMaker) -> None:
    async with fleet(3, batch_size=2) as f:
        poison(f)
        mates = f.ask(*(f"first{number}" for number in range(6)))
        await asyncio.sleep(0.001)
        mates += f.ask("second")
        (bad,) = f.ask(POISON)
        assert len([await mate for mate in mates]) == 7
        with pytest.raises(Poisonous):
            await bad
        assert sum(worker.deaths for worker in f.workers) == 2


async def test_twins_of_a_poison_do_not_kill_for_themselves(fleet: FleetMaker) -> None:
    async with fleet(5, batch_size=1) as f:
        poison(f)
        twins = f.ask(POISON, POISON, POISON)
        for outcome in await asyncio.gather(*twins, return_exceptions=True):
            assert isinstance(outcome, Poisonous)
        # All three left before anything was known, as in an outage. Once it was known, one more death convicted them.
        assert sum(worker.deaths for worker in f.workers) == 4
        assert (await f.ask("after")[0]).answer.output == "AFTER"


async def test_a_convicted_text_is_refused_at_the_door_until_its_quarantine_ends(fleet: FleetMaker) -> None:
    async with fleet(3, quarantine=60.0) as f:
        poison(f)
        with pytest.raises(Poisonous):
            await f.ask(POISON)[0]
        with pytest.raises(Quarantined) as refusal:
            await f.ask(POISON)[0]
        assert refusal.value.status == 422
        assert 0 < refusal.value.retry_after_s <= 60
        assert sum(worker.deaths for worker in f.workers) == 2
        for worker in f.workers:
            worker.deadly.clear()
            worker.restart()
        await asyncio.sleep(61)
        assert (await f.ask(POISON)[0]).answer.output == "POISON"


async def test_a_text_that_was_there_when_connections_broke_but_nobody_died_is_not_held_responsible(
    fleet: FleetMaker,
) -> None:
    async with fleet(3, service_s=0.1) as f:
        (asked,) = f.ask("innocent")
        for _ in range(5):
            await asyncio.sleep(0.05)
            for worker in f.workers:
                worker.cut()
        assert (await asked).answer.output == "INNOCENT"


async def test_all_workers_killed_at_once_convict_nobody(fleet: FleetMaker) -> None:
    async with fleet(3, service_s=0.1) as f:
        asked = f.ask(*(f"text{number}" for number in range(12)))
        for worker in f.workers:
            await asyncio.sleep(0.02)
            worker.crash()
        await asyncio.sleep(1)
        for worker in f.workers:
            worker.restart()
        assert len([await task for task in asked]) == 12


async def test_a_text_that_everybody_asks_for_is_not_convicted_by_an_outage(fleet: FleetMaker) -> None:
    async with fleet(3, service_s=0.2) as f:
        for step in range(200):
            f.ask("popular")
            await asyncio.sleep(0.02)
            if step in (50, 60, 70):
                f.workers[step // 10 - 5].crash()
            if step == 120:
                for worker in f.workers:
                    worker.restart()
        await asyncio.gather(*f.asked)
        assert f.books() == (200, 200, 0, 0)


async def test_a_storm_of_kills_from_outside_convicts_nobody(fleet: FleetMaker) -> None:
    """A worker dies every half second, whatever it computes."""
    rng = random.Random(7)
    async with fleet(3, service_s=0.02) as f:
        for step in range(400):
            f.ask(f"{step}-1", f"{step}-2")
            if step % 10 == 0:
                for worker in f.workers:
                    worker.restart()
                rng.choice(f.workers).crash()
            await asyncio.sleep(0.05)
        for worker in f.workers:
            worker.restart()
        await asyncio.gather(*f.asked)
        assert f.books() == (800, 800, 0, 0)


async def test_suspects_are_not_starved_by_constant_load(fleet: FleetMaker) -> None:
    async with fleet(2, service_s=0.1, batch_size=1) as f:
        lost = f.ask("lost")
        for step in range(100):
            f.ask(f"{step}-1", f"{step}-2", f"{step}-3")
            await asyncio.sleep(0.05)
            if step == 0:
                f.workers[0].crash()
                f.workers[0].restart()
            if lost[0].done():
                break
        assert lost[0].done()
        assert (await lost[0]).retries == 1


async def test_workers_that_say_they_crash_at_random_convict_nobody(fleet: FleetMaker) -> None:
    """As with CRASH_RATE=0.1: every tenth batch kills its worker, whatever is in it."""
    async with fleet(3, service_s=0.01) as f:
        for number, worker in enumerate(f.workers, 1):
            worker.crashes = random.Random(number)
            worker.crash_rate = 0.1
        await asyncio.sleep(0.3)  # for a heartbeat, which says so
        for step in range(1500):
            f.ask(f"{step}")
            if step % 5 == 0:
                for worker in f.workers:
                    worker.restart()
            await asyncio.sleep(0.02)
        while f.dispatcher.ledger.completed + f.dispatcher.ledger.failed < 1500:
            for worker in f.workers:
                worker.restart()
            await asyncio.sleep(0.1)
        assert sum(worker.deaths for worker in f.workers) > 50
        assert f.books() == (1500, 1500, 0, 0)


async def test_poison_is_found_out_although_other_workers_are_killed_meanwhile(fleet: FleetMaker) -> None:
    async with fleet(4, service_s=0.01) as f:
        for step in range(200):
            f.ask(f"{step}")
            if step % 20 == 0:
                f.workers[step // 20 % 3].crash()
            if step % 20 == 10:
                for worker in f.workers:
                    worker.restart()
            await asyncio.sleep(0.02)
        poison(f)
        (bad,) = f.ask(POISON)
        restarting = asyncio.create_task(restart_for_ever(f))
        with pytest.raises(Poisonous):
            await bad
        restarting.cancel()
        assert 2 <= sum(worker.deaths for worker in f.workers) <= 6


async def restart_for_ever(f: Fleet) -> None:
    while True:
        await asyncio.sleep(0.2)
        for worker in f.workers:
            worker.restart()


async def test_a_worker_that_was_never_there_hides_no_poison(fleet: FleetMaker) -> None:
    async with fleet(3) as f:
        absent = ScriptedWorker()
        absent.crash()
        f.dispatcher.add_member("absent", absent)
        await asyncio.sleep(20)
        poison(f)
        with pytest.raises(Poisonous):
            await f.ask(POISON)[0]
        assert sum(worker.deaths for worker in f.workers) == 2


@pytest.mark.parametrize("removed", [False, True])
async def test_a_suspect_does_not_wait_for_ever_for_word_of_workers_out_of_reach(
    fleet: FleetMaker, removed: bool
) -> None:
    async with fleet(3, service_s=0.05) as f:
        (asked,) = f.ask("a")
        for member, worker in zip(f.dispatcher.members[:2], f.workers[:2], strict=True):
            while not worker.batches:
                await asyncio.sleep(0.01)
            worker.pause()
            worker.cut()
            if removed:
                await f.dispatcher.remove_member(member)
        assert (await asked).worker == "worker3"
