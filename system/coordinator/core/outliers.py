"""Who is left out for a while because real traffic goes badly there, after Envoy's outlier detection.

Pings do not show it: a worker may answer them promptly and fail, or delay, everything it is given. Returning is as with
every worker that was away: one trial batch, then full load. Each time in a row is longer.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from typing import Final

from system.coordinator.core.member import Member, MemberState

# Batches without which nothing is concluded about a worker: from failures, and from times, which vary by themselves.
ENOUGH: Final = 5
ENOUGH_TIMES: Final = 10

# A worker that loses less than this to the others is not worth its absence, whatever the factor.
SLOWER_BY_S: Final = 0.1


class Outliers:
    """`error_rate` is a share of a worker's last batches, `slowness` a factor on what the others take; 0 is off."""

    def __init__(self, error_rate: float, slowness: float, time_s: float) -> None:
        self._error_rate = error_rate
        self._slowness = slowness
        self._time_s = time_s

    def consider(self, member: Member, members: Sequence[Member], now: float) -> None:
        """Eject `member` if it stands out and can be spared: never more than half of all, nor the last that serves."""
        if member.state is not MemberState.UP:
            return
        others = [other for other in members if other is not member]
        ejected = sum(other.state is MemberState.EJECTED for other in others)
        if (ejected + 1) * 2 > len(members) or not any(other.state is MemberState.UP for other in others):
            return
        reason = self._errors(member) or self._slow(member, others)
        if reason is not None:
            member.eject(now, self._time_s, reason)

    def _errors(self, member: Member) -> str | None:
        outcomes = member.outcomes
        failed = outcomes.count(False)
        if not self._error_rate or len(outcomes) < ENOUGH or failed < self._error_rate * len(outcomes):
            return None
        return f"{failed} of its last {len(outcomes)} batches failed"

    def _slow(self, member: Member, others: Iterable[Member]) -> str | None:
        own = member.pace.quantile(0.5)
        if not self._slowness or own is None or own < SLOWER_BY_S or len(member.pace) < ENOUGH_TIMES:
            return None
        medians = [
            median
            for other in others
            if len(other.pace) >= ENOUGH_TIMES and other.alive and (median := other.pace.quantile(0.5)) is not None
        ]
        if not medians:
            return None
        usual = statistics.median(medians)
        if own < self._slowness * usual or own - usual < SLOWER_BY_S:
            return None
        return f"a batch takes {own * 1000:.0f} ms there and {usual * 1000:.0f} ms elsewhere"
