"""Asking a worker whether it serves, again and again: the only detector of a worker that is silent without traffic."""

from __future__ import annotations

import asyncio
from typing import Protocol

from system.coordinator.core.member import Member
from system.coordinator.core.worker import AttemptFailed, Cause


class Hearer(Protocol):
    """Who is told. `Dispatcher` is one."""

    def heard(self, member: Member) -> None: ...

    def not_heard(self, member: Member, failure: AttemptFailed) -> None: ...


async def watch(hearer: Hearer, member: Member, *, interval_s: float, timeout_s: float) -> None:
    """Check every `interval_s` for ever. A check without an answer for `timeout_s` is silence.

    The interval counts from the start of one check to the start of the next, so that a silent worker is noticed
    after at most interval + timeout.
    """
    loop = asyncio.get_running_loop()
    while True:
        started = loop.time()
        try:
            async with asyncio.timeout(timeout_s):
                await member.worker.check(timeout_s)
        except TimeoutError:
            hearer.not_heard(member, AttemptFailed(Cause.SILENT, f"no heartbeat for {timeout_s:g} s"))
        except AttemptFailed as failure:
            hearer.not_heard(member, failure)
        else:
            hearer.heard(member)
        await asyncio.sleep(max(0.0, started + interval_s - loop.time()))
