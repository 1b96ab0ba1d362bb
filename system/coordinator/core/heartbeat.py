"""Asking a worker whether it serves, again and again: the only detector of a worker that is silent without traffic."""

from __future__ import annotations

import asyncio
from typing import Protocol

from system.coordinator.core.member import Member
from system.coordinator.core.worker import AttemptFailed, Health


class Hearer(Protocol):
    """Who is told. `Dispatcher` is one."""

    def heard(self, member: Member, health: Health) -> None: ...

    def not_heard(self, member: Member, failure: AttemptFailed) -> None: ...


async def watch(hearer: Hearer, member: Member, *, interval_s: float, timeout_s: float) -> None:
    """Check every `interval_s` for ever, and at once when `member.look` is set.

    The worker keeps the time of `timeout_s` itself: a second clock here would ring just before its own and keep it from
    whatever it does about silence.

    The interval counts from the start of one check to the start of the next, so that a silent worker is noticed
    after at most interval + timeout.
    """
    loop = asyncio.get_running_loop()
    while True:
        started = loop.time()
        member.look.clear()
        try:
            health = await member.worker.check(timeout_s)
        except AttemptFailed as failure:
            hearer.not_heard(member, failure)
        else:
            hearer.heard(member, health)
        alarm = loop.call_at(started + interval_s, member.look.set)
        try:
            await member.look.wait()
        finally:
            alarm.cancel()
