"""Clients that ask for everything twice, and again when their connection breaks, under one key each."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Final

import pytest

from chaos.bundled import bundled
from chaos.client import InferClient
from chaos.experiment import Experiment
from chaos.faults import crash, reset, restart
from chaos.infer_session import InferSession, connected
from chaos.invariants import (
    answered_once,
    answers_correct,
    books_balance,
    logs_complete,
    no_loss,
    reconciled,
    recovers_within,
    status_truthful,
)
from chaos.system_under_test import Reply, Session
from chaos.workload import poisson
from reports.history import OpType

BETWEEN_TRIES_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class TwiceSession:
    """Every text is one request to the system, if keys do what they are for."""

    http: InferSession
    keys: Iterator[int] = field(default_factory=count)

    async def ask(self, text: str, deadline_s: float) -> Reply:
        key = f"key-{next(self.keys)}"
        first, second = await asyncio.gather(*(self._until_told(text, deadline_s, key) for _ in range(2)))
        if first.value.get("request_id") != second.value.get("request_id"):
            return Reply(OpType.INFO, {}, f"asked twice, told {dict(first.value)} and {dict(second.value)}")
        return first

    async def _until_told(self, text: str, deadline_s: float, key: str) -> Reply:
        clock = asyncio.get_running_loop().time
        until = clock() + deadline_s
        while True:
            reply = await self.http.ask(text, until - clock(), key=key)
            if "status" in reply.value or clock() >= until:
                return reply
            await asyncio.sleep(BETWEEN_TRIES_S)


@dataclass(frozen=True, slots=True)
class TwiceClient:
    one: InferClient

    @asynccontextmanager
    async def open(self, base_url: str) -> AsyncIterator[Session]:
        async with connected(base_url) as http:
            yield TwiceSession(http)

    def expected(self, text: str) -> str | None:
        return self.one.expected(text)


BUSY: Final = bundled(coordinator={"BATCH_SIZE": "8", "BATCH_TIMEOUT": "0"}, worker={"MAX_DELAY": "0.2"})
TWICE: Final = replace(BUSY, client=TwiceClient(InferClient()))


@pytest.mark.chaos
async def test_what_is_asked_again_under_its_key_is_done_once(experiment: Experiment) -> None:
    run = await experiment(
        workload=poisson(rate=30, seconds=12),
        schedule=[
            *(crash("worker1").at(2), restart("worker1").at(4)),
            reset("client→coordinator").between(6, 7),
        ],
        system=TWICE,
    )
    run.holds(
        no_loss(),
        answered_once(),
        answers_correct(),
        books_balance(),
        recovers_within(seconds=3),
        *(reconciled(), logs_complete(), status_truthful()),
    )
    assert run.retries > 0
    *_, (_, _, books) = run.record.statuses
    assert books["tasks_submitted"] == len(run.record.requests)
    control = await experiment.control(poisson(rate=30, seconds=4), system=TWICE)
    assert control.retries == 0
